/**
 * One message as an element: its author in words, its text, its sources, its buttons.
 *
 * Guarantee: nothing is shown without an author in words, which is also the element's accessible name; an author kind
 * that this version does not know is shown as "System", never as a person.
 */
import { authorMark, h, keptTogether, linkedText, sourceIcon } from "./dom.js";
import { whyElement } from "./why.js";

const KINDS = ["bot", "human", "system", "customer"];
let lastId = 0;

function authorLine(id, kind, author, at, state, texts) {
  return h(
    "p",
    { class: "author", id },
    authorMark({ kind, name: author.name }),
    h("span", { class: "name", dir: "auto", text: texts.author(author) }),
    at ? h("time", { datetime: at, text: texts.moment(at) }) : null,
    state ? h("span", { class: `state ${state}`, text: texts.say(`state_${state}`) }) : null,
  );
}

function choices(buttons, active, texts, onChoose) {
  return h(
    "div",
    { class: "choices", role: "group", "aria-label": texts.say("buttons") },
    ...buttons.map((button) =>
      h("button", {
        type: "button",
        dir: "auto",
        text: button.title,
        disabled: !active,
        onclick: (event) => onChoose(button, event.currentTarget),
      }),
    ),
  );
}

/** A file: on its way with its progress, stored with its picture and a button that saves it, else what became of it. */
function fileElement(file, texts, shows) {
  const name = file.name || texts.say(`file_${file.kind}`);
  const label = h("span", { dir: "auto", text: name });
  const size = file.size ? h("span", { class: "size", text: texts.size(file.size) }) : null;
  if (file.state === "sending") {
    const bar = h("progress", { max: "1", value: String(file.progress), "aria-label": texts.say("file_progress", { name }) });
    return h("div", { class: "file" }, label, size, bar);
  }
  if (file.state !== "stored") return h("div", { class: "file" }, label, h("span", { class: "size", text: texts.say("file_gone") }));
  const picture = file.kind === "image" ? h("canvas", { class: "picture", width: "1", height: "1", role: "img", "aria-label": name }) : null;
  const save = h("button", { type: "button", class: "save", "aria-label": texts.say("file_save", { name }), onclick: () => shows.save(file) }, label, size);
  if (picture) shows.draw(file, picture);
  return h("div", { class: "file" }, picture, save);
}

/** What was written. Of a file without words the text is its name, perhaps behind its kind: that stands at the file. */
function wordsOf({ text, files }) {
  const named = (name) => name && (text === name || (text.startsWith("[") && text.endsWith(`] ${name}`)));
  return files?.some(({ name }) => named(name)) ? "" : text;
}

/**
 * `entry` is {seq, author, text, at, kind, buttons, sources, case, files, state}; `active` says whether its buttons may be
 * pressed. `why(seq)` fetches the reasons of a message of the bot.
 */
export function messageElement(entry, { active, continued, texts, onChoose, files, why }) {
  const kind = KINDS.includes(entry.author.kind) ? entry.author.kind : "system";
  const id = `author-${(lastId += 1)}`;
  const classes = ["message", kind, entry.kind === "notice" && "notice", continued && "continued"];
  const words = wordsOf(entry);
  const text = h("div", { class: "text", dir: "auto" });
  text.append(kind === "customer" ? keptTogether(words) : linkedText(words));
  const newCase = entry.case && !entry.text.includes(entry.case);
  return h(
    "article",
    { class: classes.filter(Boolean).join(" "), "aria-labelledby": id },
    authorLine(id, kind, entry.author, entry.at, entry.state, texts),
    text,
    ...(entry.files || []).map((file) => fileElement(file, texts, files)),
    newCase ? h("p", { class: "case", text: texts.say("case", { case: entry.case }) }) : null,
    entry.sources.length
      ? h("p", { class: "source" }, sourceIcon(), h("span", { dir: "auto" }, keptTogether(texts.sources(entry.sources))))
      : null,
    kind === "bot" && entry.seq ? whyElement(texts, entry, () => why(entry.seq)) : null,
    entry.buttons.length ? choices(entry.buttons, active, texts, onChoose) : null,
  );
}
