/** Administrators: canned replies in both languages, with the names that are filled in and what a customer would read. */

import { h, replace } from "../dom.js";
import { language, say, sayNamed } from "../wording.js";
import { act, dialog, field, form, section, table, text, ticks } from "./parts.js";

const LANGUAGES = ["de", "en"];

export async function repliesPage({ api, reload }) {
  const found = await api.get("/admin/canned");
  const edit = (one) => replyDialog(one, found, api, reload);
  return [
    h("p", { class: "muted" }, say("desk_replies_hint")),
    section(say("desk_canned"), table(say("desk_canned"), [
      [say("desk_reply_shortcut"), ({ reply }) => h("kbd", {}, `/${reply.shortcut}`)],
      [say("desk_reply_title"), ({ reply }) => h("span", { dir: "auto" }, reply.title[language()])],
      [say("desk_person_change"), (one) => act(say("desk_person_change"), () => edit(one), { describe: say("desk_reply_change_of", { shortcut: one.reply.shortcut }) })],
      [say("desk_reply_origin"), (one) => h("span", { class: "tag" }, say(`desk_reply_origin_${one.origin}`))],
      [say("desk_team_topics"), ({ reply }) => reply.topics.map((name) => sayNamed("desk_intent", name)).join(", ") || "–"],
    ], found.replies)),
    h("p", {}, h("button", { type: "button", class: "button button-primary", on: { click: () => edit(null) } }, say("desk_reply_add"))),
  ];
}

/** A text as a customer would read it, with made-up values; a name that nothing fills is marked. */
function preview(content, variables, lang) {
  const parts = content.split(/\{(\w*)\}/);
  return h("blockquote", { class: "quote", lang, dir: "auto" }, parts.map((part, place) => {
    if (place % 2 === 0) return part;
    return variables.includes(part) ? h("mark", {}, say(`desk_variable_${part}_sample`)) : h("strong", { class: "unknown-name" }, `{${part}}`);
  }));
}

function textField(lang, value, variables) {
  const control = h("textarea", { rows: 4, maxlength: 4000, lang, dir: "auto", on: { input: draw } }, value ?? "");
  const element = field(say(`desk_reply_text_${lang}`), control);
  const shown = h("div", { "aria-live": "off" });
  const insert = (name) => h("button", { type: "button", class: "chip-button", title: `{${name}}`, on: { click: () => {
    control.setRangeText(`{${name}}`, control.selectionStart, control.selectionEnd, "end");
    draw();
    control.focus();
  } } }, say(`desk_variable_${name}`));
  function draw() {
    replace(shown, control.value.trim() && [h("p", { class: "muted" }, say("desk_reply_preview")), preview(control.value, variables, lang)]);
  }
  element.append(h("div", { class: "chips", role: "group", "aria-label": say("desk_reply_insert") }, variables.map(insert)), shown);
  draw();
  return element;
}

function replyDialog(one, { variables, topics }, api, reload) {
  const reply = one?.reply;
  const shortcut = reply ? null : field(say("desk_reply_shortcut"), text("", { autocapitalize: "none", spellcheck: "false", maxlength: 40 }), say("desk_reply_shortcut_hint"));
  const titles = LANGUAGES.map((lang) => field(say(`desk_reply_title_${lang}`), text(reply?.title[lang], { lang, maxlength: 120 })));
  const texts = LANGUAGES.map((lang) => textField(lang, reply?.text[lang], variables));
  const named = topics.map((name) => [name, sayNamed("desk_intent", name)]).sort((a, b) => a[1].localeCompare(b[1]));
  const about = ticks(say("desk_reply_topics"), say("desk_reply_topics_hint"), named, reply?.topics ?? []);
  const save = form([shortcut, h("div", { class: "field-row" }, titles), h("div", { class: "field-row field-row-wide" }, texts), about], say("desk_save"), async () => {
    const [titleDe, titleEn] = titles.map((each) => each.input.value);
    const [textDe, textEn] = texts.map((each) => each.input.value);
    await api.post("/admin/canned", {
      shortcut: reply?.shortcut ?? shortcut.input.value, title_de: titleDe, title_en: titleEn, text_de: textDe, text_en: textEn,
      topics: about.chosen(),
    });
    shown.close();
    await reload();
  }, { name: say("desk_canned") });
  const removable = one && one.origin !== "product";
  const remove = removable && h("div", { class: "dialog-more" }, act(say(`desk_reply_remove_${one.origin}`), async () => {
    await api.post(`/admin/canned/${encodeURIComponent(reply.shortcut)}/remove`);
    shown.close();
    await reload();
  }), h("p", { class: "muted" }, say(`desk_reply_remove_${one.origin}_hint`)));
  const shown = dialog(reply ? say("desk_reply_change_of", { shortcut: reply.shortcut }) : say("desk_reply_add"), save, remove);
  shown.classList.add("dialog-wide");
  (shortcut ?? titles[0]).input.focus();
}
