/**
 * "Why this answer?" at a message of the bot: its reasons in plain words, the technical trace one press further.
 *
 * Guarantee: what is shown is what the server kept of this very message; the token travels in a header, never in an
 * address. Nothing is fetched before somebody asks. Each button's name says which message it is about.
 * On failure one sentence says so, and pressing again asks again.
 */
import { h, keptTogether } from "./dom.js";

const ANSWER_WITHIN = 12_000;
let lastId = 0;

/** Fetches the reasons of the message at `seq`: {reasons, trace}. Rejects when they cannot be had. */
export async function fetchReasons(base, session, language, seq) {
  const answer = await fetch(new URL(`why/${seq}`, base), {
    ...{ credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN) },
    headers: { Authorization: `Bearer ${session.token}`, "Accept-Language": language },
  });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

function traceElement(lines, texts, entry) {
  const id = `trace-${lastId}`;
  const list = h("dl", { class: "trace", id, hidden: true }, ...lines.map(({ label, text }) =>
    h("div", {}, h("dt", { text: label }), h("dd", { dir: "auto", text }))));
  const button = h("button", {
    ...{ type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": id, text: texts.say("why_trace") },
    "aria-label": texts.about(`${texts.say("why_trace")}.`, entry),
    onclick: () => {
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
      if (!list.hidden) list.scrollIntoView({ block: "nearest" });
    },
  });
  return [button, list];
}

/** The button at the message `entry` and what it opens; `load()` fetches the reasons. */
export function whyElement(texts, entry, load) {
  const id = `why-${(lastId += 1)}`;
  const region = h("div", { class: "reasons", id, hidden: true });
  const show = async () => {
    try {
      const { reasons, trace } = await load();
      region.replaceChildren(
        h("ul", {}, ...reasons.map((text) => h("li", { dir: "auto" }, keptTogether(text)))),
        ...((trace || []).length ? traceElement(trace, texts, entry) : []),
      );
      region.dataset.loaded = "";
    } catch {
      region.replaceChildren(h("p", { text: texts.say("why_failed") }));
    }
    region.scrollIntoView({ block: "nearest" });
  };
  const button = h("button", {
    ...{ type: "button", class: "quiet ask-why", "aria-expanded": "false", "aria-controls": id, text: texts.say("why") },
    "aria-label": texts.about(texts.say("why"), entry),
    onclick: () => {
      region.hidden = !region.hidden;
      button.setAttribute("aria-expanded", String(!region.hidden));
      if (!region.hidden && !("loaded" in region.dataset)) show();
    },
  });
  return h("div", { class: "why" }, button, region);
}
