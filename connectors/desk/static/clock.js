/**
 * Times in words. All instants come from the server in UTC and are shown in Europe/Berlin.
 *
 * Guarantee: countdowns follow the server's clock, not the agent's computer: the offset is read from
 * the Date header of each answer. A countdown changes text silently; it sits in no live region.
 */

import { language, say } from "./wording.js";
import { h, setText } from "./dom.js";

const ZONE = "Europe/Berlin";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Below this, a deadline counts in seconds and is marked as near. */
const NEAR = 2 * MINUTE;

let offset = 0;

/** Learns the server's time from an HTTP Date header (whole seconds; small differences are ignored). */
export function noteServerTime(header) {
  const server = Date.parse(header ?? "");
  if (Number.isNaN(server)) return;
  const difference = server + 500 - Date.now();
  offset = Math.abs(difference) > 2000 ? difference : 0;
}

export const now = () => Date.now() + offset;

const formatters = new Map();
function formatter(options) {
  const key = language() + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(language() === "en" ? "en-GB" : "de-DE", { timeZone: ZONE, ...options }));
  return formatters.get(key);
}

const dayKey = (instant) => formatter({ year: "numeric", month: "2-digit", day: "2-digit" }).format(instant);

/** "14:03" today, "20.11., 14:03" on another day. */
export function shortTime(iso) {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return String(iso ?? "");
  if (dayKey(instant) === dayKey(now())) return formatter({ hour: "2-digit", minute: "2-digit" }).format(instant);
  return formatter({ day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" }).format(instant);
}

/** As of when a source is: of a law and the like only the day is known, which is midnight in UTC. */
export const asOf = (iso) => (Date.parse(iso) % DAY === 0 ? day(iso) : shortTime(iso));

/** "14:03 Uhr", "20.11., 14:03 Uhr": for use in a sentence. */
export const clockTime = (iso) => say("desk_clock", { time: shortTime(iso) });

export function fullTime(iso) {
  return formatter({ dateStyle: "full", timeStyle: "medium" }).format(new Date(iso));
}

/** A calendar day; accepts a date without a time ("2026-11-03") and does not shift it. */
export function day(iso) {
  const instant = new Date(/^\d{4}-\d{2}-\d{2}$/.test(iso) ? `${iso}T12:00:00Z` : iso);
  if (Number.isNaN(instant.getTime())) return String(iso ?? "");
  return formatter({ day: "2-digit", month: "2-digit", year: "numeric" }).format(instant);
}

/** Whether the calendar day is before today in Germany. */
export function isPastDay(iso) {
  const instant = new Date(/^\d{4}-\d{2}-\d{2}$/.test(iso) ? `${iso}T23:59:59Z` : iso);
  return instant.getTime() < now() && day(iso) !== dayKey(now());
}

export function money(cents) {
  return new Intl.NumberFormat(language() === "en" ? "en-GB" : "de-DE", { style: "currency", currency: "EUR" }).format(cents / 100);
}

export function percent(share) {
  return new Intl.NumberFormat(language() === "en" ? "en-GB" : "de-DE", { style: "percent" }).format(share);
}

/** "45 Sek.", "4 Min. 12 Sek.", "2 Std. 5 Min.", "3 Tage": the two largest useful units. */
export function span(milliseconds, { seconds = false, dayKey: days = "desk_span_days" } = {}) {
  const whole = Math.max(0, milliseconds);
  if (whole < MINUTE) return say("desk_span_seconds", { n: Math.floor(whole / SECOND) });
  if (whole < HOUR) {
    const minutes = say("desk_span_minutes", { n: Math.floor(whole / MINUTE) });
    const rest = Math.floor((whole % MINUTE) / SECOND);
    return seconds && rest && whole < 10 * MINUTE ? `${minutes} ${say("desk_span_seconds", { n: rest })}` : minutes;
  }
  if (whole < DAY) {
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    const hours = say("desk_span_hours", { n: Math.floor(whole / HOUR) });
    return minutes ? `${hours} ${say("desk_span_minutes", { n: minutes })}` : hours;
  }
  const number = Math.floor(whole / DAY);
  return number === 1 ? say("desk_span_days_one", { n: 1 }) : say(`${days}_other`, { n: number });
}

export function remaining(iso) {
  const left = Date.parse(iso) - now();
  if (left < 0) return { text: say("desk_time_over", { span: span(-left, { dayKey: "desk_left_days" }) }), urgency: "over" };
  return { text: say("desk_time_left", { span: span(left, { seconds: true, dayKey: "desk_left_days" }) }), urgency: left < NEAR ? "near" : "calm" };
}

/** A deadline that counts down by itself while it is in the page. */
export function countdown(iso) {
  const element = h("time", { class: "countdown", datetime: iso, title: fullTime(iso), data: { deadline: iso } });
  showTime(element);
  return element;
}

/** A time that counts up by itself; `key` is the sentence it stands in. */
export function waiting(iso, key = "desk_time_waiting") {
  const element = h("time", { class: "since", datetime: iso, title: fullTime(iso), data: { since: iso, key } });
  showTime(element);
  return element;
}

/** An instant in words, with the full date as its title. */
export function timestamp(iso, text = shortTime(iso)) {
  return h("time", { datetime: iso, title: fullTime(iso) }, text);
}

function showTime(element) {
  const { deadline, since, key } = element.dataset;
  if (deadline) {
    const { text, urgency } = remaining(deadline);
    setText(element, text);
    if (element.dataset.urgency !== urgency) element.dataset.urgency = urgency;
  } else {
    setText(element, say(key, { span: span(now() - Date.parse(since)) }));
  }
}

/** Starts the one timer that moves every countdown of the page. */
export function startClock() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll("time[data-deadline], time[data-since]")) showTime(element);
  }, SECOND);
}
