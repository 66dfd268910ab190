/**
 * The bot's trace in words: for each turn what was said, how it was understood and how surely, what was
 * decided, what the CRM was asked and answered, and whether the answer went out.
 */

import { percent, timestamp } from "../clock.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { isWorded, say, sayNamed } from "../wording.js";

/** So many of the latest turns are unfolded. */
const UNFOLDED = 2;
/** Other readings below this confidence are noise. */
const WORTH_NAMING = 0.05;

export function tracesView(traces, events, jumpTo) {
  if (!traces.length) return h("p", { class: "muted" }, say("desk_bot_tried_none"));
  const latestFirst = [...traces].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const older = latestFirst.slice(UNFOLDED);
  const list = (some) => h("ol", { class: "traces" }, some.map((trace) => traceView(trace, events, jumpTo)));
  return [
    list(latestFirst.slice(0, UNFOLDED)),
    older.length > 0 && h("details", { class: "older" }, h("summary", {}, say("desk_trace_older", { n: older.length })), list(older)),
  ];
}

function traceView(trace, events, jumpTo) {
  const asked = events.find((event) => event.seq === trace.seq);
  // What only buttons set is there for the machine.
  const found = (trace.entities ?? []).filter((one) => isWorded(`desk_entity_${one.entity}`));
  const others = (trace.ranking ?? []).filter((one) => one.name !== trace.intent?.name && one.confidence >= WORTH_NAMING).slice(0, 3);
  return h("li", { class: "trace", data: { key: `${trace.seq}:${trace.at}`, outcome: trace.outcome } },
    h("p", { class: "trace-head" },
      asked?.text
        ? h("button", { type: "button", class: "link-button trace-quote", data: { key: trace.seq }, dir: "auto", title: say("desk_trace_jump"), on: { click: () => jumpTo(trace.seq) } }, h("q", {}, `${asked.text.slice(0, 140)}${asked.text.length > 140 ? " …" : ""}`))
        : h("span", { class: "muted" }, say("desk_trace_button")),
      trace.at && timestamp(trace.at)),
    h("dl", { class: "facts" },
      fact("desk_trace_understood", understood(trace)),
      others.length > 0 && fact("desk_trace_also", others.map((one) => `${sayNamed("desk_intent", one.name)} (${percent(one.confidence)})`).join(", ")),
      found.length > 0 && fact("desk_trace_found", found.map((one) => `${sayNamed("desk_entity", one.entity)} ${one.value}`).join(", ")),
      trace.calls?.length > 0 && fact("desk_trace_asked", h("ul", { class: "calls" }, trace.calls.map(callLine))),
      trace.work && fact("desk_trace_work", trace.work.split("\n").map((line) => h("p", {}, line))),
      fact("desk_trace_outcome", outcome(trace)),
      trace.error && fact("desk_trace_failure", trace.error)));
}

function fact(key, ...value) {
  return h("div", {}, h("dt", {}, say(key)), h("dd", { dir: "auto" }, value));
}

function understood({ intent }) {
  if (!intent?.name) return say("desk_trace_nothing");
  const title = h("strong", {}, sayNamed("desk_intent", intent.name));
  if (intent.confidence == null || intent.name === "nlu_fallback") return title;
  // Rounded up to all of it, it would claim what nobody can know.
  return [title, ` ${say("desk_trace_sure", { percent: percent(Math.min(intent.confidence, 0.99)) })}`, meter(intent.confidence)];
}

/** The same number as a small bar, for the eye only. */
function meter(share) {
  const bar = h("span", { class: "meter", "aria-hidden": "true" }, h("span", {}));
  bar.firstChild.style.width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
  return bar;
}

function outcome(trace) {
  // The brain leaves the most usual decision out.
  const decision = trace.decision || !trace.error ? sayNamed("desk_decision", trace.decision ?? "answer") : "";
  const reason = trace.handover?.reason ? sayNamed("desk_reason", trace.handover.reason) : "";
  const decided = [decision, reason].filter(Boolean).join(": ");
  if (trace.outcome === "committed") return decided || sayNamed("desk_outcome", trace.outcome);
  return [icon("warn"), " ", [decided, sayNamed("desk_outcome", trace.outcome)].filter(Boolean).join(", ")];
}

function callLine(call) {
  const milliseconds = call.milliseconds == null ? "" : ` (${say("desk_trace_milliseconds", { n: Math.round(call.milliseconds) })})`;
  return h("li", {}, `${sayNamed("desk_operation", call.operation)}: `, h("strong", {}, resultWords(call.result)), h("span", { class: "muted" }, milliseconds));
}

/** The action server's short English results in the agent's language; what is not known stays as it is. */
function resultWords(result) {
  const text = String(result ?? "");
  const many = /^(\d+) found$/.exec(text);
  if (many) return say("desk_result_found", { n: many[1] });
  const [, record, became] = /^(\S+) (.+)$/.exec(text) ?? [];
  const written = `desk_result_record_${String(became).replaceAll(" ", "_")}`;
  if (isWorded(written)) return say(written, { record });
  const wrong = /^wrong code, (\d+) left$/.exec(text);
  if (wrong) return say("desk_result_wrong_code", { n: wrong[1] });
  const key = `desk_result_${text.replaceAll(" ", "_")}`;
  return isWorded(key) ? say(key) : text;
}
