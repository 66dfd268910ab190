/**
 * The desk's pictures as path data, 20 by 20, so that they need no request and stay when the line is down.
 * All are decorative: the words beside them carry the meaning.
 */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  bot: "M10 2.5v2.7M4.5 5.5h11a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14V7a1.5 1.5 0 0 1 1.5-1.5zM7.3 9v1.6M12.7 9v1.6M7.5 13h5",
  human: "M10 10a3.4 3.4 0 1 0 0-6.8A3.4 3.4 0 0 0 10 10zM3.6 17c.5-3.2 3-4.8 6.4-4.8s5.9 1.6 6.4 4.8",
  customer: "M3.5 4h13v9.5H10L6 17v-3.5H3.5z",
  system: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.2v4.3M10 6.5v.1",
  queue: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4.2l2.8 1.7",
  closed: "M4.5 10.5l3.6 3.6 7.4-8",
  back: "M12.5 4.5L7 10l5.5 5.5",
  down: "M4.5 7.5L10 13l5.5-5.5",
  attach: "M14.5 9.5l-5 5a3 3 0 0 1-4.3-4.3l6-6a2 2 0 0 1 2.9 2.9l-6 6a.9.9 0 0 1-1.400-1.300l5-5",
  file: "M5.500 2.800h6l3 3v11.400h-9zM11.500 2.800v3h3",
  send: "M3.5 10h12M11 5l5 5-5 5",
  warn: "M10 3.2L17.5 16.5h-15zM10 8.2v4M10 14.2v.1",
  more: "M4.5 10v.1M10 10v.1M15.5 10v.1",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  search: "M8.8 14.1a5.3 5.3 0 1 0 0-10.6 5.3 5.3 0 0 0 0 10.6zM12.7 12.7l4 4",
  shield: "M10 2.8l6 2.2v4.5c0 3.8-2.6 6.5-6 7.7-3.4-1.2-6-3.9-6-7.7V5zM7.3 9.9l2 2 3.6-4",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
