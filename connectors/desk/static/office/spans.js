/**
 * The times of one day as fields: from and to, as many as the day has, none for a closed day.
 *
 * Guarantee: `check()` names what is wrong beside the fields, and marks them; `value()` is then as the server reads it,
 * `08:00-12:00,13:00-18:00`. Nothing of what was typed is dropped without a word.
 */

import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../wording.js";

let fields = 0;

/** `title`: whose times these are, for instance the weekday. `times`: each as in `08:00-12:00`. `first`: what an added one is. */
export class SpansField {
  constructor(title, times, first = ["", ""]) {
    fields += 1;
    this.title = title;
    this.first = first;
    const id = `spans-${fields}`;
    this.rows = h("ul", { class: "spans" });
    this.closed = h("p", { class: "muted spans-closed" }, say("desk_hours_closed"));
    this.problem = h("p", { class: "form-error", role: "alert", id: `${id}-problem` });
    this.add = h("button", { type: "button", class: "button button-small", "aria-label": say("desk_hours_add_of", { day: title }), on: { click: () => this.append("", "").begin.focus() } }, say("desk_hours_add"));
    this.element = h("div", { class: "day-spans", role: "group", "aria-label": title }, this.rows, this.closed, this.add, this.problem);
    this.set(times);
  }

  get spans() {
    return [...this.rows.children].map((row) => row.fields);
  }

  /** All times anew. */
  set(times) {
    replace(this.rows);
    for (const one of times) this.append(...one.split("-"));
    this.draw();
  }

  append(begin, end) {
    const [from, to] = !begin && !this.spans.length ? this.first : [begin, end];
    const time = (key, value) => h("input", { type: "time", value, "aria-label": say(`desk_hours_${key}`, { day: this.title }), on: { input: () => this.say("") } });
    const row = h("li", { class: "span-row" });
    row.fields = { begin: time("begin", from), end: time("end", to) };
    replace(row, row.fields.begin, h("span", { "aria-hidden": "true" }, say("desk_hours_to")), row.fields.end,
      h("button", { type: "button", class: "button button-small", "aria-label": say("desk_hours_remove_of", { day: this.title }), on: { click: () => {
        row.remove();
        this.draw();
        this.add.focus();
      } } }, say("desk_hours_remove")));
    this.rows.append(row);
    this.draw();
    return row.fields;
  }

  draw() {
    this.rows.hidden = !this.spans.length;
    this.closed.hidden = Boolean(this.spans.length);
    this.say("");
  }

  /** Says a problem beside the fields and marks those that have it. */
  say(problem, wrong = []) {
    replace(this.problem, problem && [icon("warn"), h("span", {}, problem)]);
    for (const { begin, end } of this.spans) {
      for (const input of [begin, end]) {
        for (const [name, value] of [["aria-invalid", "true"], ["aria-describedby", this.problem.id]]) {
          if (wrong.includes(input)) input.setAttribute(name, value);
          else input.removeAttribute(name);
        }
      }
    }
  }

  /** The field to go to because of what is wrong with these times; null when nothing is. */
  check() {
    this.say("");
    const fail = (key, ...wrong) => {
      this.say(say(`desk_hours_problem_${key}`), wrong);
      return wrong[0];
    };
    // As they are read: an hour later in the list may be an earlier one of the day.
    const spans = this.spans;
    for (const { begin, end } of spans) {
      if (!begin.value || !end.value) return fail("incomplete", begin.value ? end : begin);
      if (begin.value >= end.value) return fail("backwards", end, begin);
    }
    const ordered = spans.sort((one, other) => one.begin.value.localeCompare(other.begin.value));
    for (const [place, { begin }] of ordered.entries()) {
      if (place && begin.value <= ordered[place - 1].end.value) return fail("overlap", begin, ordered[place - 1].end);
    }
    return null;
  }

  value() {
    return this.spans.map(({ begin, end }) => `${begin.value}-${end.value}`).sort().join(",");
  }
}
