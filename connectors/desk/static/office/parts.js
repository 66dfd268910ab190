/**
 * What the office's pages are made of: tables whose rows stack on a phone, fields with labels, forms that say what went
 * wrong beside the button, and a secret that is shown once.
 */

import { append, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../wording.js";

/**
 * A table with a caption. `columns`: [heading, cell(row), {number: true}]. On a phone each row is a block of its own with
 * every value under its heading; roles are said, because a table that is drawn otherwise is none to a screen reader.
 */
export function table(caption, columns, rows, empty = say("desk_office_nothing")) {
  if (!rows.length) return h("p", { class: "muted" }, empty);
  const align = ([, , options]) => (options?.number ? "number" : null);
  return h("div", { class: "table-place", tabindex: 0, role: "region", "aria-label": caption },
    h("table", { class: "table", role: "table" },
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map((column) => h("th", { scope: "col", role: "columnheader", class: align(column) }, column[0])))),
      h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row" }, columns.map((column, index) => {
        const content = column[1](row);
        return index ? h("td", { role: "cell", class: align(column), data: { label: column[0] } }, content) : h("th", { scope: "row", role: "rowheader" }, content);
      }))))));
}

export function section(title, ...content) {
  return h("section", { class: "office-section" }, h("h2", {}, title), content);
}

let fields = 0;

/** A labelled control; `hint` is read with it. The control itself is `element.input`. */
export function field(label, control, hint = null) {
  fields += 1;
  const id = `field-${fields}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  const element = h("div", { class: "field" }, h("label", { for: id }, label), control, hint && h("p", { class: "muted field-hint", id: `${id}-hint` }, hint));
  element.input = control;
  return element;
}

export const text = (value = "", more = {}) => h("input", { type: "text", value, autocomplete: "off", ...more });
export const secret = (more = {}) => h("input", { type: "password", autocomplete: "current-password", ...more });

export function choice(options, chosen) {
  return h("select", {}, options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
}

export function tick(label, checked = false) {
  fields += 1;
  const control = h("input", { type: "checkbox", id: `field-${fields}`, checked });
  const element = h("label", { class: "check", for: control.id }, control, h("span", {}, label));
  element.input = control;
  return element;
}

/** Several of many: `options` are [value, label, more]; `element.chosen()` tells the values that are ticked. */
export function ticks(legend, hint, options, chosen) {
  const boxes = options.map(([value, label, more]) => ({ value, box: tick(label, chosen.includes(value)), more }));
  const element = h("fieldset", { class: "ticks" }, h("legend", {}, legend), h("p", { class: "muted" }, hint),
    h("div", { class: "ticks-list" }, boxes.map(({ box, more }) => h("div", {}, box, more && h("span", { class: "muted" }, more)))));
  element.chosen = () => boxes.filter(({ box }) => box.input.checked).map(({ value }) => value);
  return element;
}

/** A form: `send()` runs once at a time; what it throws is said beside the button, what it returns is said as done. */
export function form(content, label, send, { danger = false, name = null, inRow = false } = {}) {
  const notice = h("div", { class: "form-notice", role: "status" });
  const error = h("div", { class: "form-error", role: "alert" });
  const button = h("button", { type: "submit", class: danger ? "button button-danger" : "button button-primary" }, label);
  return h("form", { class: inRow ? "office-form form-in-row" : "office-form", novalidate: true, "aria-label": name, on: { submit: async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    replace(error);
    replace(notice);
    try {
      append(notice, [await send()]);
    } catch (problem) {
      replace(error, icon("warn"), h("span", {}, problem.message));
      error.scrollIntoView({ block: "nearest" });
    }
    button.removeAttribute("aria-disabled");
  } } }, content, h("div", { class: "form-end" }, button), error, notice);
}

/** A quiet button that acts at once and says what went wrong beside itself. */
export function act(label, run, { describe = null } = {}) {
  const error = h("span", { class: "act-error", role: "alert" });
  const button = h("button", { type: "button", class: "button button-small", "aria-label": describe, on: { click: async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    replace(error);
    try {
      await run();
    } catch (problem) {
      replace(error, problem.message);
    }
    button.removeAttribute("aria-disabled");
  } } }, label);
  return h("span", { class: "act" }, button, error);
}

/** A dialog that closes with Escape and gives focus back to where it was. */
export function dialog(title, ...content) {
  const back = document.activeElement;
  const close = () => element.close();
  const element = h("dialog", { class: "dialog", "aria-labelledby": "office-dialog-title", on: { close: () => {
    element.remove();
    back?.focus?.();
  } } },
  h("div", { class: "dialog-body" },
    h("div", { class: "dialog-head" }, h("h2", { id: "office-dialog-title" }, title),
      h("button", { type: "button", class: "button button-small", on: { click: close } }, say("desk_close"))),
    content));
  document.body.append(element);
  element.showModal();
  return element;
}

/** What the server tells once and never again: to be read, written down or copied. */
export function onceOnly(lines, hint) {
  return [h("p", {}, hint), h("ul", { class: "secrets" }, lines.map((line) => h("li", {}, h("code", {}, line))))];
}
