/** Administrators: the week's hours, whose public holidays count, and days that go otherwise. */

import { day } from "../clock.js";
import { h } from "../dom.js";
import { say } from "../wording.js";
import { choice, field, form, section, table, text } from "./parts.js";

const STATES = ["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"];

export async function hoursPage({ api, reload }) {
  const found = await api.get("/admin/hours");
  const week = field(say("desk_hours_week"), text(found.hours, { spellcheck: "false" }), say("desk_hours_week_hint"));
  const state = field(say("desk_hours_state"), choice(STATES.map((code) => [code, say(`desk_state_${code.toLowerCase()}`)]), found.state));
  const rows = h("ul", { class: "special-days" }, found.days.map(dayRow));
  const add = h("button", { type: "button", class: "button button-small", on: { click: () => {
    const row = dayRow({ day: "", name: "", hours: "" });
    rows.append(row);
    row.querySelector("input").focus();
  } } }, say("desk_hours_day_add"));
  return [
    h("p", { class: "muted" }, say("desk_hours_hint")),
    form([week, state, h("fieldset", { class: "special" }, h("legend", {}, say("desk_hours_days")), h("p", { class: "muted" }, say("desk_hours_days_hint")), rows, add)], say("desk_save"), async () => {
      await api.post("/admin/hours", { hours: week.input.value, state: state.input.value, days: [...rows.children].map(readRow).filter((one) => one.day) });
      await reload();
      return say("desk_saved");
    }, { name: say("desk_office_hours") }),
    found.hours !== "24/7" && section(say("desk_hours_holidays"), table(say("desk_hours_holidays"), [
      [say("desk_hours_day"), (one) => day(one.day)], [say("desk_hours_day_name"), (one) => one.name],
    ], found.holidays)),
  ];
}

function dayRow(one) {
  const row = h("li", { class: "special-day" },
    field(say("desk_hours_day"), h("input", { type: "date", value: one.day, class: "day" })),
    field(say("desk_hours_day_name"), text(one.name, { class: "name", maxlength: 80 })),
    field(say("desk_hours_day_span"), text(one.hours, { class: "span", placeholder: "08:00-12:00" })),
    h("button", { type: "button", class: "button button-small", on: { click: () => row.remove() } }, say("desk_hours_day_remove")));
  return row;
}

const readRow = (row) => ({ day: row.querySelector(".day").value, name: row.querySelector(".name").value.trim(), hours: row.querySelector(".span").value.trim() });
