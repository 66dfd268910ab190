/** Empty and error states: a picture, a sentence, and what can be done about it. */

import { h } from "../dom.js";
import { icon } from "../icons.js";

export function messageView({ icon: name, heading, text, action = null, onAction = null, full = false }) {
  return h("div", { class: full ? "blank blank-full" : "blank" },
    icon(name),
    h("p", { class: "blank-heading" }, heading),
    text && h("p", { class: "blank-text" }, text),
    action && h("button", { type: "button", class: "button", on: { click: onAction } }, action));
}
