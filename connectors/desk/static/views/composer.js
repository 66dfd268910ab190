/**
 * The text field: a reply to the customer, or a private note. Enter sends, Shift+Enter starts a line.
 *
 * Guarantee: what is typed is stored with every change and comes back after a reload, a lost line or a new
 * login; reply and note have drafts of their own. Sending empties the field only after the text is in the
 * outbox (reply) or stored by the server (note). A note goes another way than a reply and cannot reach a customer:
 * it has its own colour, its own button, its own words, and switching keeps both texts.
 * A reply with a name in braces that nothing is known for, or a suggestion that nobody touched, is not sent.
 */

import { announce, h, replace, setText } from "../dom.js";
import { icon } from "../icons.js";
import { newId } from "../storage.js";
import { say } from "../wording.js";
import { CannedList, openName, openNames } from "./canned.js";
import { Attach } from "./files.js";
import { nameOf } from "./inbox.js";

/** The server's limit for one message, in characters; from WARN on the rest is counted. */
const LIMIT = 4000;
const WARN = 3500;

export class Composer {
  /** `handback()` is offered below the field where the head has no room for it. */
  constructor(desk, id, handback) {
    this.desk = desk;
    this.id = id;
    this.mode = "reply";
    // A note that was begun is shown again, also where nobody may write but as a note.
    this.noting = Boolean(desk.outbox.draft(`${id}/private`));
    this.label = h("label", { class: "visually-hidden", for: "compose" });
    this.field = h("textarea", {
      id: "compose", rows: 1, dir: "auto", enterkeyhint: "send", "aria-describedby": "compose-hint",
      on: { input: () => this.typed(), keydown: (event) => this.pressed(event) },
    });
    this.attach = new Attach(desk, id);
    this.attach.after = () => this.focus();
    this.length = h("p", { class: "length", id: "compose-length", "aria-live": "polite" });
    this.problem = h("p", { class: "compose-problem", role: "alert" });
    this.suggestions = h("div", { class: "suggestions" });
    this.canned = new CannedList(desk, id, (text, shortcut) => this.insert(text, shortcut));
    this.modes = h("div", { class: "modes", role: "group", "aria-label": say("desk_mode") }, ["reply", "note"].map((mode) => h("button", {
      type: "button", class: "mode", data: { mode }, on: { click: () => { this.setMode(mode); this.focus(); } },
    }, icon(mode === "note" ? "lock" : "send"), say(`desk_mode_${mode}`))));
    this.submit = h("button", { type: "submit", class: "button button-primary send", data: { action: "send" } });
    this.signed = h("span");
    this.element = h("form", { class: "composer", hidden: true, on: { submit: (event) => { event.preventDefault(); this.send(); } } },
      this.label, this.suggestions, this.modes, this.canned.element, this.attach.list,
      h("div", { class: "compose-row" }, this.attach.input, this.attach.button, this.field, this.submit),
      this.length, this.problem,
      h("p", { class: "compose-hint" }, this.signed, h("span", { id: "compose-hint", class: "hint-keys" }, say("desk_compose_hint")),
        h("button", { type: "button", class: "link-button handback-below", data: { action: "handback" }, on: { click: handback } }, say("desk_handback"))));
    this.offDraft = desk.state.on("draft", (changed) => { if (changed === id) { this.setMode("reply"); this.takeDraft(); } });
    this.attach.listen(this.element);
    this.setMode("reply", true);
  }

  remove() {
    this.offDraft();
    this.attach.remove();
  }

  get draftKey() {
    return this.mode === "note" ? `${this.id}/private` : this.id;
  }

  update(summary, mine) {
    const visible = Boolean(summary && this.desk.state.open?.detail && (mine || this.noting)) && !this.desk.state.isLost(this.id);
    const appearing = visible && this.element.hidden;
    this.element.hidden = !visible;
    if (!visible) {
      this.wasMine = false;
      return;
    }
    this.mine = mine;
    // Never under somebody's hands: a note that is being written stays one.
    if (!mine) this.setMode("note");
    else if (!this.wasMine && !this.field.value.trim()) this.setMode("reply");
    this.wasMine = mine;
    this.modes.querySelector('[data-mode="reply"]').disabled = !mine;
    this.drawSuggestions(summary);
    setText(this.label, this.mode === "note" ? say("desk_note_label") : say("desk_compose_label", { name: nameOf(summary) }));
    if (this.field.lang !== summary.locale) this.field.lang = summary.locale;
    if (appearing) this.grow();
  }

  setMode(mode, silent = false) {
    if (!silent && this.mode === mode) return;
    this.mode = mode;
    this.element.dataset.mode = mode;
    this.attach.enable(mode === "reply");
    for (const button of this.modes.children) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    replace(this.submit, icon(mode === "note" ? "lock" : "send"), h("span", {}, say(mode === "note" ? "desk_note_save" : "desk_send")));
    setText(this.signed, mode === "note" ? say("desk_note_signed") : say("desk_compose_signed", { name: this.desk.agent.name }));
    this.canned.close();
    this.takeDraft(false);
    const summary = this.desk.state.summary(this.id);
    if (summary && this.desk.state.open?.detail) this.drawSuggestions(summary);
  }

  drawSuggestions(summary) {
    const shortcuts = this.mine && this.mode === "reply" ? this.desk.state.open.detail.suggested ?? [] : [];
    const known = shortcuts.map((shortcut) => this.desk.replies.find((one) => one.shortcut === shortcut)).filter(Boolean);
    const print = JSON.stringify([shortcuts, known.length, summary.locale]);
    if (print === this.suggestedPrint) return;
    this.suggestedPrint = print;
    replace(this.suggestions, known.length > 0 && [h("span", { class: "muted" }, say("desk_suggested")), known.map((one) => h("button", {
      type: "button", class: "chip-button", on: { click: () => this.insert(this.canned.filled(one), one.shortcut, true) },
    }, one.title[document.documentElement.lang] ?? one.title.de))]);
  }

  /** Opens the field for a private note, also where somebody else holds the conversation. */
  writeNote() {
    this.noting = true;
    this.desk.state.emit("outbox", this.id);
    this.setMode("note");
    requestAnimationFrame(() => requestAnimationFrame(() => this.focus()));
  }

  focus() {
    this.field.focus();
  }

  takeDraft(focus = true) {
    this.field.value = this.desk.outbox.draft(this.draftKey);
    this.suggested = null;
    replace(this.problem);
    this.measure(this.field.value.trim());
    this.grow();
    if (focus) this.focus();
  }

  clear() {
    this.field.value = "";
    this.desk.outbox.setDraft(this.draftKey, "");
    this.suggested = null;
    replace(this.problem);
    this.measure("");
    this.grow();
  }

  /** Puts a canned text in place of the slash and what was typed behind it. `suggested`: a machine chose it. */
  insert(text, shortcut, suggested = false) {
    const before = this.field.value.replace(/(^|\s)\/[\w-]*$/u, "$1");
    this.field.value = before.trim() ? `${before.trimEnd()} ${text}` : text;
    this.desk.outbox.setDraft(this.draftKey, this.field.value);
    this.suggested = suggested ? this.field.value : null;
    replace(this.problem, suggested && say("desk_suggested_check"));
    this.problem.toggleAttribute("data-calm", suggested);
    this.canned.close();
    this.grow();
    this.focus();
    const open = openNames(this.field.value)[0];
    if (open) {
      const at = this.field.value.indexOf(open);
      this.field.setSelectionRange(at, at + open.length);
    }
  }

  typed() {
    const { outbox } = this.desk;
    const before = Boolean(outbox.draft(this.draftKey));
    outbox.setDraft(this.draftKey, this.field.value);
    const after = Boolean(this.field.value.trim());
    if (before !== after) this.desk.state.emit("outbox", this.id);
    // A customer is never told that somebody types who writes a note.
    if (after && this.mode === "reply") this.desk.noteTyping(this.id);
    if (this.mode === "reply") this.canned.follow(this.field.value);
    if (this.field.value !== this.suggested) replace(this.problem);
    this.measure(this.field.value.trim());
    this.grow();
  }

  pressed(event) {
    if (this.canned.pressed(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    this.send();
  }

  async send() {
    const text = this.field.value.trim();
    const files = this.mode === "reply" && this.attach.staged;
    if ((!text && !files) || this.measure(text) > 0 || this.busy) {
      this.focus();
      return;
    }
    if (this.mode === "note") {
      await this.saveNote(text);
      return;
    }
    const names = openNames(text);
    if (names.length || (text && text === this.suggested?.trim())) {
      this.problem.removeAttribute("data-calm");
      replace(this.problem, icon("warn"), names.length ? say("desk_canned_open", { names: names.map(openName).join(", ") }) : say("desk_suggested_unchanged"));
      this.focus();
      return;
    }
    if (this.attach.staged) this.attach.send(text);
    else this.desk.write(this.id, text);
    this.clear();
    this.focus();
  }

  /** Resent under the same id until the server has it, so a note is there once. */
  async saveNote(text) {
    this.noteId = this.noteText === text ? this.noteId : newId();
    this.noteText = text;
    this.busy = true;
    try {
      await this.desk.note(this.id, this.noteId, text);
      this.clear();
      this.noting = false;
      this.desk.state.emit("outbox", this.id);
      announce(say("desk_note_saved"));
    } catch (error) {
      this.problem.removeAttribute("data-calm");
      replace(this.problem, icon("warn"), error.message);
    }
    this.busy = false;
    this.focus();
  }

  /** By how many characters the text is over the limit; says so below the field. */
  measure(text) {
    const over = [...text].length - LIMIT;
    const near = over > WARN - LIMIT;
    setText(this.length, over > 0 ? say("desk_compose_too_long", { n: over, limit: LIMIT }) : near ? say("desk_compose_left", { n: -over }) : "");
    this.length.toggleAttribute("data-over", over > 0);
    this.field.setAttribute("aria-invalid", String(over > 0));
    return over;
  }

  /** As high as its text, up to the limit that the stylesheet sets. */
  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }
}
