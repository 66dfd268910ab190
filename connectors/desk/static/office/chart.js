/**
 * A chart of bars, one group for each day, drawn as plain SVG. Series are told apart by pattern of fill and by words;
 * whoever cannot see it reads the same figures in the table that the page shows below.
 */

const SVG = "http://www.w3.org/2000/svg";
/** In units of the drawing, which is as wide as its place: two beside each other, or one on a phone. */
const WIDTH = 420;
const HEIGHT = 150;
const LEFT = 34;
const BOTTOM = 24;

function draw(name, attributes, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.textContent = text;
  return node;
}

/** `groups`: [{label, values: [number, …]}]; the bars of a group stand on each other. */
export function barChart(label, groups) {
  const most = Math.max(1, ...groups.map((group) => Math.ceil(group.values.reduce((sum, value) => sum + value, 0))));
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": label });
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 10);
  for (const line of new Set([0, Math.ceil(most / 2), most])) {
    svg.append(draw("line", { x1: LEFT, x2: WIDTH, y1: y(line), y2: y(line), class: "chart-line" }),
      draw("text", { x: LEFT - 6, y: y(line) + 4, "text-anchor": "end" }, String(line)));
  }
  const step = (WIDTH - LEFT) / groups.length;
  const every = Math.ceil(groups.length / (WIDTH / 64));
  groups.forEach((group, index) => {
    let below = 0;
    group.values.forEach((value, series) => {
      if (value) svg.append(draw("rect", { x: LEFT + index * step + step * 0.2, width: step * 0.6, y: y(below + value), height: y(below) - y(below + value), class: `chart-bar chart-bar-${series}` }));
      below += value;
    });
    if (index % every === 0) svg.append(draw("text", { x: LEFT + (index + 0.5) * step, y: HEIGHT - 7, "text-anchor": "middle" }, group.label));
  });
  return svg;
}
