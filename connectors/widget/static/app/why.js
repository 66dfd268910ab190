/**
 * "Why this answer?" at a message of the bot: its reasons in plain words, the technical trace one press further.
 *
 * Guarantee: what is shown is what the server kept of this very message; the token travels in a header, never in an
 * address. Nothing is fetched before somebody asks.
 * On failure one sentence says so, and pressing again asks again.
 */
import { h } from "./dom.js";

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

function traceElement(lines, texts) {
  const id = `trace-${lastId}`;
  const list = h("dl", { class: "trace", id, hidden: true }, ...lines.map(({ label, text }) =>
    h("div", {}, h("dt", { text: label }), h("dd", { dir: "auto", text }))));
  const button = h("button", {
    ...{ type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": id, text: texts.say("why_trace") },
    onclick: () => {
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
      if (!list.hidden) list.scrollIntoView({ block: "nearest" });
    },
  });
  return [button, list];
}

/** The button and what it opens; `load()` fetches the reasons. */
export function whyElement(texts, load) {
  const id = `why-${(lastId += 1)}`;
  const region = h("div", { class: "reasons", id, hidden: true });
  const show = async () => {
    try {
      const { reasons, trace } = await load();
      region.replaceChildren(
        h("ul", {}, ...reasons.map((text) => h("li", { dir: "auto", text }))),
        ...((trace || []).length ? traceElement(trace, texts) : []),
      );
      region.dataset.loaded = "";
    } catch {
      region.replaceChildren(h("p", { text: texts.say("why_failed") }));
    }
    region.scrollIntoView({ block: "nearest" });
  };
  const button = h("button", {
    ...{ type: "button", class: "quiet ask-why", "aria-expanded": "false", "aria-controls": id, text: texts.say("why") },
    onclick: () => {
      region.hidden = !region.hidden;
      button.setAttribute("aria-expanded", String(!region.hidden));
      if (!region.hidden && !("loaded" in region.dataset)) show();
    },
  });
  return h("div", { class: "why" }, button, region);
}
