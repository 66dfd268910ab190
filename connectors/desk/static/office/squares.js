/** A QR code as one path of dark squares, always dark on light: cameras do not read it the other way round. */

const SVG = "http://www.w3.org/2000/svg";

export function squaresView(rows, label) {
  const quiet = 4;
  const size = rows.length + 2 * quiet;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "squares");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const path = document.createElementNS(SVG, "path");
  const dark = rows.flatMap((row, y) => [...row].map((square, x) => (square === "1" ? `M${x + quiet} ${y + quiet}h1v1h-1z` : "")));
  path.setAttribute("d", dark.join(""));
  svg.append(path);
  return svg;
}
