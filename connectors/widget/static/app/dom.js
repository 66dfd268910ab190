/**
 * Building DOM without markup: every text becomes a text node, so nothing a person or a server writes can become an
 * element, an attribute or a script. What reads badly over two lines stays on one, whatever text it stands in.
 */
import { TOGETHER } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Properties: `class`, `on…` handlers, `text`; a boolean sets or leaves out an attribute; anything else is
 * an attribute. `null`, `undefined` and `false` are left out.
 */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") write(node, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function svg(viewBox, className, ...shapes) {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", viewBox);
  root.setAttribute("class", className);
  root.setAttribute("aria-hidden", "true");
  root.setAttribute("focusable", "false");
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    root.append(shape);
  }
  return root;
}

const line = { fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" };

/** The bot's mark: three bars in a square. Geometry only, nothing that looks like a face. */
const botMark = () =>
  svg(
    "0 0 24 24",
    "mark",
    ["rect", { x: "2.5", y: "2.5", width: "19", height: "19", rx: "4", ...line }],
    ["path", { d: "M7.5 8.5h9M7.5 12h6M7.5 15.5h7.5", ...line }],
  );

export const personIcon = () =>
  svg(
    "0 0 24 24",
    "icon",
    ["circle", { cx: "12", cy: "8", r: "3.75", ...line }],
    ["path", { d: "M4.5 20c.6-4 3.6-6.25 7.5-6.25S18.9 16 19.5 20", ...line }],
  );

const initials = (name) =>
  name
    .split(/\s+/)
    .map((part) => Array.from(part)[0] || "")
    .slice(0, 2)
    .join("")
    .toUpperCase();

/** What goes with the author's words: the bot's mark, a person's initials, nothing for the customer and the system. */
export function authorMark({ kind, name }) {
  if (kind === "bot") return botMark();
  if (kind !== "human") return null;
  return name ? h("span", { class: "initials", "aria-hidden": "true", text: initials(name) }) : personIcon();
}

export const closeIcon = () => svg("0 0 24 24", "icon", ["path", { d: "M6 6l12 12M18 6L6 18", ...line }]);

export const sendIcon = () => svg("0 0 24 24", "icon", ["path", { d: "M12 19V5M5.5 11.500L12 5l6.5 6.5", ...line }]);

export const attachIcon = () =>
  svg("0 0 24 24", "icon", ["path", { d: "M17.5 11.500l-6.200 6.200a3.700 3.700 0 0 1-5.300-5.300l7.200-7.200a2.500 2.500 0 0 1 3.600 3.600l-7.100 7.100a1.200 1.200 0 0 1-1.800-1.700l6-6", ...line }]);

export const downIcon = () => svg("0 0 24 24", "icon", ["path", { d: "M12 5v14M5.5 12.500L12 19l6.5-6.5", ...line }]);

export const sourceIcon = () =>
  svg(
    "0 0 24 24",
    "icon",
    ["path", { d: "M6 3.500h8l4 4v13H6z", ...line }],
    ["path", { d: "M14 3.500v4h4M9 12h6M9 16h6", ...line }],
  );

const NEVER_BROKEN = new RegExp(TOGETHER, "gu");

/** Text in which what belongs together stays on one line. */
export function keptTogether(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const { 0: found, index } of text.matchAll(NEVER_BROKEN)) {
    const whole = document.createElement("span");
    whole.className = "together";
    whole.textContent = found;
    parts.append(text.slice(from, index), whole);
    from = index + found.length;
  }
  parts.append(text.slice(from));
  return parts;
}

/** Makes `text` what the element says. */
export function write(node, text) {
  node.replaceChildren(keptTogether(String(text)));
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;

/** Text in which http and https addresses, and nothing else, become links. Any other scheme stays text, kept together. */
export function linkedText(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(/[.,;:!?)\]}…]+$/u, "");
    let url;
    try {
      url = new URL(address);
    } catch {
      continue;
    }
    parts.append(keptTogether(text.slice(from, match.index)));
    parts.append(h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", text: address }));
    from = match.index + address.length;
  }
  parts.append(keptTogether(text.slice(from)));
  return parts;
}
