/**
 * The company's colour, made readable.
 *
 * Guarantee: whatever colour a page sets, every text on it and every control drawn in it keeps a contrast of at least
 * 7:1 to its ground, light and dark. A colour with less is darkened or lightened, and the console says to what; what is
 * no colour is refused there, and the widget keeps its own.
 */

const ENOUGH = 7;
const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
// The ground of a control in the dark, see styles.js.
const DARK_PAPER = [26, 38, 43];
const DARK_INK = "#06252b";
const STEP = 0.02;

function parsedOrNull(value) {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value.trim())?.[1];
  if (!digits) return null;
  const pairs = digits.length === 3 ? [...digits].map((digit) => digit + digit) : digits.match(/../g);
  return pairs.map((pair) => parseInt(pair, 16));
}

const hex = (colour) => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(colour) {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The ratio of two colours, from 1 to 21. */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** `colour`, moved towards `end` just as far as it needs to stand out from `ground`. */
function readable(colour, ground, end) {
  for (let share = 0; share < 1; share += STEP) {
    const moved = colour.map((part, place) => Math.round(part + (end[place] - part) * share));
    if (contrast(moved, ground) >= ENOUGH) return moved;
  }
  return end;
}

/** Rules for the widget's sheet that use the page's colour; none where it is no colour. */
export function colourRules(value) {
  const wanted = parsedOrNull(value);
  if (!wanted) {
    console.warn(`klartext: "${value}" is no colour of the form #rrggbb. The chat keeps its own.`);
    return "";
  }
  const light = hex(readable(wanted, WHITE, BLACK));
  const dark = hex(readable(wanted, DARK_PAPER, WHITE));
  if (light !== hex(wanted)) {
    console.warn(`klartext: white text cannot be read well on ${hex(wanted)}. The chat uses ${light} instead.`);
  }
  return `
:host { --accent: ${light}; --accent-ink: #ffffff; --head: ${light}; --head-ink: #ffffff; --focus: ${light}; }
@media (prefers-color-scheme: dark) {
  :host { --accent: ${dark}; --accent-ink: ${DARK_INK}; --head: ${light}; --head-ink: #ffffff; --focus: ${dark}; }
}
`;
}
