/**
 * One entry of the thread.
 *
 * Guarantee: the author stands in words on every entry, told apart by word, picture and side, never by
 * colour alone. What people wrote is shown as text, with its own direction and language.
 */

import { asOf, timestamp } from "../clock.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { keptTogether } from "../together.js";
import { isWorded, language, say } from "../wording.js";
import { fileList } from "./files.js";

/** A message longer than this is folded, in characters. */
const FOLD = 1500;

export function eventView(event, context) {
  if (event.kind === "message" && event.author?.kind !== "system") return messageEvent(event, context);
  return noticeEvent(event, context);
}

export function authorOf(author, { summary, agent }) {
  if (author.kind === "customer") {
    const name = summary.customer?.level === "proven" ? summary.customer.name : author.name;
    return name ? say("desk_author_customer_named", { name }) : say("desk_author_customer");
  }
  if (author.kind === "human") return say("desk_author_human", { name: author.name || agent.name });
  const kind = say(`desk_author_${author.kind}`);
  return author.name && author.name !== kind ? `${kind} · ${author.name}` : kind;
}

function messageEvent(event, context) {
  const { summary, agent } = context;
  const own = event.author.kind === "human" && event.author.name === agent.name;
  return h("li", { class: "event", data: { seq: event.seq, author: event.author.kind, own: own ? "true" : null } },
    h("div", { class: "bubble" },
      h("p", { class: "byline" }, icon(event.author.kind), h("span", { class: "author", dir: "auto" }, authorOf(event.author, context)), event.at && timestamp(event.at)),
      wordsOf(event) && textView(wordsOf(event), summary.locale),
      fileList(event, context.files),
      event.buttons?.length > 0 && h("p", { class: "offered" }, h("span", {}, say("desk_offered")), event.buttons.map((button) => h("span", { class: "chip", dir: "auto" }, button.title))),
      sourcesView(event.sources),
      event.case && h("p", { class: "source" }, say("desk_case_opened", { number: event.case })),
      // Filled and kept up to date by the thread: whether an answer can be reported is known a moment later.
      event.author.kind === "bot" && h("div", { class: "wrong", "aria-live": "off" })));
}

/** What was said, without the words for a file that is shown below: of "[Bild] Router.png: So sieht er aus" the end. */
function wordsOf({ author, text = "", files = [] }) {
  const found = files.length === 1 && /^\[[^\]]+\](?: (.*))?$/s.exec(text);
  if (!found) return text;
  const [, told = ""] = found;
  const { name } = files[0];
  // Files of agents have names; what stands in brackets otherwise is their own.
  if (!name) return author.kind === "customer" ? told : text;
  if (told === name) return "";
  return told.startsWith(`${name}: `) ? told.slice(name.length + 2) : text;
}

/** A private note: another frame, another picture, and the words that say that the customer does not see it. */
export function noteView(note) {
  return h("li", { class: "event note", data: { author: "note", note: note.id } },
    h("div", { class: "note-box" },
      h("p", { class: "byline" }, icon("lock"), h("strong", {}, say(`desk_note_${note.kind}`)), h("span", { class: "author", dir: "auto" }, note.author.name), timestamp(note.at)),
      h("p", { class: "text", dir: "auto" }, keptTogether(note.text)),
      h("p", { class: "note-private" }, say("desk_note_private"))));
}

/** A change of holder, or what the system told the customer; one quiet line in the middle. */
function noticeEvent(event, context) {
  const change = event.holder && context.previous?.holder !== event.holder && changeText(event, context);
  const picture = { bot: "bot", queue: "queue", agent: "human", closed: "closed" }[event.holder] ?? "system";
  return h("li", { class: "event notice", data: { seq: event.seq, author: "system", holder: event.holder ?? null } },
    h("p", { class: "notice-line" }, icon(change ? picture : "system"), h("strong", {}, change || say("desk_author_system")),
      event.case && h("span", { class: "tag" }, say("desk_case_opened", { number: event.case })), event.at && timestamp(event.at)),
    event.text && h("p", { class: "notice-text" }, h("span", { class: "muted" }, say("desk_told_customer")), " ", h("span", { dir: "auto", lang: context.summary.locale }, keptTogether(event.text))));
}

function changeText(event, context) {
  if (event.holder === "agent") {
    const name = agentAt(event, context);
    return name ? say("desk_change_agent", { name }) : say("desk_change_agent_unnamed");
  }
  return isWorded(`desk_change_${event.holder}`) ? say(`desk_change_${event.holder}`) : "";
}

/** Who took over at this event: by the tenure that began with it, else the one who holds it now. */
function agentAt(event, { summary, tenures }) {
  const began = Date.parse(event.at);
  const tenure = tenures.find((one) => one.holder === "agent" && Math.abs(Date.parse(one.started_at) - began) < 1000);
  return tenure ? tenure.agent?.name : summary.agent?.name;
}

function textView(text, locale) {
  if (text.length <= FOLD + 200) return h("p", { class: "text", dir: "auto", lang: locale }, keptTogether(text));
  const part = h("p", { class: "text", dir: "auto", lang: locale }, keptTogether(`${text.slice(0, FOLD)} …`));
  const more = h("button", {
    type: "button", class: "link-button", on: { click: () => {
      replace(part, keptTogether(text));
      more.remove();
    } },
  }, say("desk_show_whole", { n: (text.length - FOLD).toLocaleString(language()) }));
  return [part, more];
}

function sourcesView(sources) {
  if (!sources?.length) return null;
  return h("ul", { class: "sources" }, sources.map((source) => h("li", { class: "source" },
    keptTogether(source.as_of ? say("desk_source_as_of", { label: source.label, time: asOf(source.as_of) }) : say("desk_source", { label: source.label })))));
}
