/**
 * "This answer was wrong" at an answer of the bot: a button that asks what was meant, then who reported it and what
 * was decided.
 *
 * Guarantee: nothing is reported before the agent confirms; a refusal is said in the dialog, which stays open.
 */

import { clockTime } from "../clock.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { choice, dialog, field, form } from "../office/parts.js";
import { say, sayNamed } from "../wording.js";

/** Brings what stands under each answer of the bot up to date; the rest of the log is left alone. */
export function drawWrong(nodes, desk, id, detail) {
  const answers = new Set(detail?.answers ?? []);
  const reports = new Map((detail?.reports ?? []).map((one) => [one.seq, one]));
  for (const place of nodes.querySelectorAll(".wrong")) {
    const seq = Number(place.closest("[data-seq]").dataset.seq);
    const known = reports.get(seq);
    const print = answers.has(seq) ? JSON.stringify(known ?? null) : "";
    if (place.print === print) continue;
    place.print = print;
    const event = desk.state.open?.events.find((one) => one.seq === seq);
    replace(place, print && event && wrongView(event, known, desk, id));
  }
}

function wrongView(event, known, desk, id) {
  const ask = (label) => h("button", { type: "button", class: "link-button", "aria-label": known ? null : say("desk_wrong_of", { n: event.seq, time: clockTime(event.at) }), on: { click: () => askWhatWasMeant(desk, id, event, known) } }, label);
  if (!known) return ask(say("desk_wrong"));
  const state = say(`desk_wrong_state_${known.state}`, { intent: sayNamed("desk_intent", known.example_intent) });
  const words = [say("desk_wrong_reported", { name: known.by.name }), known.intent && say("desk_wrong_meant", { intent: sayNamed("desk_intent", known.intent) }), state];
  return [icon("warn"), " ", h("span", { dir: "auto" }, words.filter(Boolean).join(" · ")),
    known.state === "open" && known.by.id === desk.agent.id && [" ", ask(say("desk_wrong_change"))]];
}

/** Intents with their words, by their words. */
export function named(intents) {
  return intents.map((name) => [name, sayNamed("desk_intent", name)]).sort((a, b) => a[1].localeCompare(b[1]));
}

export const intentOptions = (intents, first) => [["", first], ...named(intents)];

async function askWhatWasMeant(desk, id, event, known) {
  const { intents } = await desk.intents();
  const trace = desk.state.open?.detail?.traces?.findLast((one) => one.outcome === "committed" && one.seq < event.seq);
  const intent = field(say("desk_wrong_intent"), choice(intentOptions(intents, say("desk_wrong_intent_unknown")), known?.intent ?? ""));
  const note = field(say("desk_wrong_note"), h("textarea", { rows: 2, maxlength: 4000, dir: "auto" }, known?.note ?? ""));
  const shown = dialog(say("desk_wrong_heading"),
    h("p", {}, say("desk_wrong_text")),
    h("blockquote", { class: "quote", dir: "auto", lang: desk.state.summary(id).locale }, event.text.slice(0, 300)),
    trace?.intent?.name && h("p", { class: "muted" }, say("desk_wrong_understood", { intent: sayNamed("desk_intent", trace.intent.name) })),
    form([intent, note], say("desk_wrong_confirm"), async () => {
      await desk.reportAnswer(id, { seq: event.seq, intent: intent.input.value || null, note: note.input.value.trim() || null });
      shown.close();
    }, { name: say("desk_wrong_heading") }));
  intent.input.focus();
}
