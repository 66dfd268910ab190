/** Supervisors: answers of the bot that were reported as wrong, and which of them it learns from. */

import { shortTime } from "../clock.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { intentOptions } from "../views/wrong.js";
import { say, sayNamed } from "../wording.js";
import { act, choice, field, form } from "./parts.js";

const BASE = "/supervisor/wrong-answers";
const STATES = ["open", "accepted", "rejected"];
/** As many come at once. */
const PAGE = 100;

export async function teachingPage({ api }) {
  const place = h("div", { class: "office-body" });
  const which = field(say("desk_teach_show"), choice(STATES.map((state) => [state, say(`desk_teach_state_${state}`, { n: "…" })]), "open"));
  const count = (open) => { which.input.options[0].textContent = say("desk_teach_state_open", { n: open }); };
  const load = async (before = "") => {
    const found = await api.get(`${BASE}?${new URLSearchParams({ state: which.input.value, ...(before && { before }) })}`);
    count(found.open);
    if (!before) replace(place, found.unwritable && h("p", { class: "form-error", role: "status" }, icon("warn"), h("span", {}, say("desk_teach_unwritable", { problem: found.unwritable }))));
    place.querySelector(":scope > .act")?.remove();
    let open = found.open;
    const decided = () => { open -= 1; count(open); };
    place.append(...found.reports.map((one) => reportCard(one, found.intents, api, decided)));
    if (!place.querySelector(".report")) place.append(h("p", { class: "muted" }, say("desk_teach_none")));
    if (found.reports.length === PAGE) place.append(act(say("desk_teach_older"), () => load(found.reports.at(-1).id)));
  };
  which.input.addEventListener("change", () => load().catch((problem) => replace(place, h("p", { class: "form-error", role: "alert" }, problem.message))));
  await load();
  return [h("p", { class: "muted" }, say("desk_teach_hint")), which, place];
}

function reportCard(one, intents, api, decided) {
  const body = h("div", { class: "report-decision" });
  const named = (name, otherwise) => (name ? sayNamed("desk_intent", name) : otherwise);
  const fact = (label, ...value) => h("div", {}, h("dt", {}, label), h("dd", { dir: "auto" }, value));
  const card = h("section", { class: "office-section report", data: { report: one.id, state: one.state } },
    h("h2", { dir: "auto" }, h("q", {}, one.said)),
    h("p", { class: "muted" }, `${say("desk_wrong_reported", { name: one.reported_by })}, ${shortTime(one.reported_at)} · ${sayNamed("desk_channel", one.channel)} · `,
      h("a", { href: `#/team/${encodeURIComponent(one.conversation)}` }, say("desk_teach_conversation"))),
    h("dl", { class: "facts" },
      fact(say("desk_teach_understood"), named(one.understood, say("desk_teach_nothing"))),
      fact(say("desk_teach_meant", { name: one.reported_by }), named(one.right_intent, say("desk_teach_unknown"))),
      fact(say("desk_teach_answer"), one.answer),
      one.note && fact(say("desk_teach_note"), one.note)),
    body);
  replace(body, one.state === "open" ? decision(one, intents, api, body, decided) : outcome(one));
  return card;
}

/** Accept the sentence as it stands or changed, or leave it. */
function decision(one, intents, api, body, decided) {
  const base = `${BASE}/${encodeURIComponent(one.id)}`;
  const example = field(say("desk_teach_example"), h("textarea", { rows: 2, maxlength: 300, dir: "auto" }, one.example ?? ""), say("desk_teach_example_hint"));
  const intent = field(say("desk_teach_intent"), choice(intentOptions(intents, say("desk_teach_intent_choose")), one.right_intent ?? ""));
  const settled = (text) => {
    decided();
    const line = h("p", { role: "status", tabindex: -1, dir: "auto" }, text);
    replace(body, line);
    line.focus();
  };
  const accept = form([example, intent], say("desk_teach_accept"), async () => {
    const done = await api.post(`${base}/accept`, { intent: intent.input.value, example: example.input.value });
    const values = { intent: sayNamed("desk_intent", done.intent), problem: done.unwritable ?? "" };
    settled(say(done.unwritable ? "desk_teach_accepted_unwritten" : "desk_teach_accepted", values));
  }, { name: say("desk_teach_accept") });
  const dismiss = act(say("desk_teach_dismiss"), async () => {
    await api.post(`${base}/dismiss`);
    settled(say("desk_teach_dismissed"));
  }, { describe: say("desk_teach_dismiss_of", { name: one.reported_by }) });
  accept.querySelector(".form-end").append(dismiss);
  return accept;
}

function outcome(one) {
  return [
    one.example && h("p", {}, say("desk_teach_accepted", { intent: sayNamed("desk_intent", one.example_intent) })),
    one.example && h("blockquote", { class: "quote", dir: "auto" }, one.example),
    h("p", { class: "muted" }, say("desk_teach_decided", { name: one.decided_by, time: shortTime(one.decided_at) }),
      one.example && ` · ${one.written_at ? say("desk_teach_written", { time: shortTime(one.written_at) }) : say("desk_teach_unwritten")}`),
  ];
}
