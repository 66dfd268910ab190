/** Administrators: the week's hours, whose public holidays count, and days that go otherwise. */

import { day } from "../clock.js";
import { h } from "../dom.js";
import { say } from "../wording.js";
import { choice, field, form, section, table, text, tick } from "./parts.js";
import { SpansField } from "./spans.js";

const STATES = ["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"];
/** As the server writes weekdays; their words are `desk_weekday_…`. */
const WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const ALWAYS = "24/7";
/** What an added time of a day without any is: a proposal, to be changed. */
const USUAL = ["08:00", "18:00"];

/** Hours as the server writes them, with the weekdays in the reader's language. */
export function hoursText(hours) {
  if (hours === ALWAYS) return say("desk_hours_always");
  return hours.replace(/\b(Mo|Tu|We|Th|Fr|Sa|Su)\b/g, (code) => say(`desk_weekday_short_${code.toLowerCase()}`));
}

export async function hoursPage({ api, reload }) {
  const found = await api.get("/admin/hours");
  const week = weekField(found);
  const state = field(say("desk_hours_state"), choice(STATES.map((code) => [code, say(`desk_state_${code.toLowerCase()}`)]), found.state));
  const rows = h("ul", { class: "special-days" }, found.days.map(dayRow));
  const add = h("button", { type: "button", class: "button button-small", on: { click: () => {
    const row = dayRow({ day: "", name: "", hours: "" });
    rows.append(row);
    row.querySelector("input").focus();
  } } }, say("desk_hours_day_add"));
  return [
    h("p", { class: "muted" }, say("desk_hours_hint")),
    h("div", { class: "office-section" }, form([week.element, state, h("fieldset", { class: "special" }, h("legend", {}, say("desk_hours_days")), h("p", { class: "muted" }, say("desk_hours_days_hint")), rows, add)], say("desk_save"), async () => {
      const days = [...rows.children].map((row) => row.entry);
      const wrong = week.check() ?? days.map((one) => one.check()).find(Boolean);
      if (wrong) {
        wrong.focus();
        throw new Error(say("desk_hours_not_saved"));
      }
      await api.post("/admin/hours", { hours: week.value(), state: state.input.value, days: days.map((one) => one.value()) });
      await reload();
      return say("desk_saved");
    }, { name: say("desk_office_hours") })),
    found.week && section(say("desk_hours_holidays"), table(say("desk_hours_holidays"), [
      [say("desk_hours_day"), (one) => day(one.day)], [say("desk_hours_day_name"), (one) => one.name],
    ], found.holidays)),
  ];
}

/** The week: around the clock, or the times of each day. */
function weekField({ week }) {
  const always = tick(say("desk_hours_always"), !week);
  const days = WEEKDAYS.map((code, place) => new SpansField(say(`desk_weekday_${code.toLowerCase()}`), week?.[place] ?? [], USUAL));
  const none = h("p", { class: "form-error", role: "alert" });
  const copy = h("button", { type: "button", class: "button button-small", on: { click: () => {
    for (const one of days.slice(1, 5)) one.set(days[0].value() ? days[0].value().split(",") : []);
  } } }, say("desk_hours_copy"));
  const list = h("ul", { class: "week" }, days.map((one, place) => h("li", { class: "week-day" },
    h("span", { class: "week-name", "aria-hidden": "true" }, one.title), one.element, !place && copy)));
  const show = () => { list.hidden = always.input.checked; };
  always.input.addEventListener("change", show);
  show();
  return {
    element: h("fieldset", { class: "special" }, h("legend", {}, say("desk_hours_week")), always, list, none),
    check() {
      none.textContent = "";
      if (always.input.checked) return null;
      const wrong = days.map((one) => one.check()).find(Boolean);
      if (wrong || days.some((one) => one.value())) return wrong ?? null;
      none.textContent = say("desk_hours_problem_none");
      return days[0].add;
    },
    value: () => (always.input.checked ? ALWAYS : weekText(days.map((one) => one.value()))),
  };
}

/** Days in a row that go alike are one rule, as `Mo-Fr 08:00-18:00`. */
function weekText(days) {
  const rules = [];
  for (const [place, hours] of days.entries()) {
    const last = rules.at(-1);
    if (last?.hours === hours) last.to = WEEKDAYS[place];
    else rules.push({ from: WEEKDAYS[place], to: WEEKDAYS[place], hours });
  }
  return rules.filter(({ hours }) => hours).map(({ from, to, hours }) => `${from === to ? from : `${from}-${to}`} ${hours}`).join("; ");
}

function dayRow(one) {
  const date = field(say("desk_hours_day"), h("input", { type: "date", value: one.day, class: "day" }));
  const name = field(say("desk_hours_day_name"), text(one.name, { class: "name", maxlength: 80 }));
  const spans = new SpansField(say("desk_hours_day_span"), one.hours ? one.hours.split(",").map((part) => part.trim()) : []);
  const row = h("li", { class: "special-day" }, date, name, h("div", { class: "field" }, h("span", { class: "field-title", "aria-hidden": "true" }, say("desk_hours_day_span")), spans.element),
    h("button", { type: "button", class: "button button-small", on: { click: () => row.remove() } }, say("desk_hours_day_remove")));
  row.entry = {
    check() {
      if (date.input.value) return spans.check();
      spans.say(say("desk_hours_problem_day"));
      return date.input;
    },
    value: () => ({ day: date.input.value, name: name.input.value.trim(), hours: spans.value() }),
  };
  return row;
}
