/** The question before handing back: says what will happen, takes an optional sentence and what the bot offers to go on with. */

import { announce, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../wording.js";
import { named } from "./wrong.js";

export class HandbackDialog {
  constructor(desk, done) {
    this.desk = desk;
    this.done = done;
    this.busy = false;
  }

  show(id) {
    const { outbox } = this.desk;
    const noteKey = `${id}/note`;
    const note = h("textarea", {
      id: "handback-note", rows: 2, maxlength: 500, "aria-describedby": "handback-hint", dir: "auto", on: { input: () => outbox.setDraft(noteKey, note.value) },
    }, outbox.draft(noteKey));
    const topic = h("select", { id: "handback-topic" }, h("option", { value: "" }, say("desk_handback_topic_none")));
    this.desk.intents().then(({ topics }) => topic.append(...named(topics).map(([value, text]) => h("option", { value }, text)))).catch(() => {});
    const error = h("div", { class: "form-error", role: "alert" });
    const confirm = h("button", { type: "submit", class: "button button-primary", data: { action: "handback-confirm" } }, say("desk_handback_confirm"));
    const unsent = outbox.unsent(id) > 0;
    const form = h("form", { class: "dialog-body", on: { submit: (event) => { event.preventDefault(); if (!unsent) this.hand(id, { note: note.value.trim() || null, topic: topic.value || null }, confirm, error); } } },
      h("h2", { id: "handback-title" }, say("desk_handback")),
      h("p", {}, say("desk_handback_text")),
      unsent && h("p", { class: "hint-warn" }, icon("warn"), h("span", {}, say("desk_handback_unsent"))),
      outbox.draft(id) && h("p", { class: "hint-warn" }, icon("warn"), h("span", {}, say("desk_handback_draft"))),
      h("div", { class: "field" }, h("label", { for: "handback-topic" }, say("desk_handback_topic")), topic,
        h("p", { class: "muted" }, say("desk_handback_topic_hint"))),
      h("div", { class: "field" }, h("label", { for: "handback-note" }, say("desk_handback_note")), note,
        h("p", { class: "muted", id: "handback-hint" }, say("desk_handback_note_hint"))),
      error,
      h("div", { class: "dialog-actions" },
        h("button", { type: "button", class: "button", on: { click: () => this.dialog.close() } }, say("desk_cancel")), !unsent && confirm));
    this.dialog = h("dialog", { class: "dialog", "aria-labelledby": "handback-title", on: { close: () => this.dialog.remove() } }, form);
    note.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    note.focus();
  }

  /** The desk goes away: the question with it, the sentence stays stored. */
  remove() {
    this.dialog?.remove();
  }

  async hand(id, words, confirm, error) {
    if (this.busy) return;
    this.busy = true;
    confirm.setAttribute("aria-disabled", "true");
    replace(confirm, say("desk_handback_busy"));
    replace(error);
    try {
      await this.desk.handback(id, words);
      this.desk.outbox.setDraft(`${id}/note`, "");
      this.dialog.close();
      announce(say("desk_handed_back"));
      requestAnimationFrame(() => {
        this.busy = false;
        this.done();
      });
    } catch (problem) {
      this.busy = false;
      confirm.removeAttribute("aria-disabled");
      replace(confirm, say("desk_handback_confirm"));
      replace(error, icon("warn"), h("span", {}, problem.message));
    }
  }
}
