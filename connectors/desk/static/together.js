/** Text for `h` and `replace` in which an amount, a date, a number of a record and the like stay on one line. */

import { h } from "./dom.js";
import { neverBroken } from "./wording.js";

export function keptTogether(text) {
  const whole = String(text);
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of whole.matchAll(neverBroken())) {
    parts.push(whole.slice(from, index), h("span", { class: "together" }, found));
    from = index + found.length;
  }
  return [...parts, whole.slice(from)];
}
