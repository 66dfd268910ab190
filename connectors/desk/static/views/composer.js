/**
 * The text field. Enter sends, Shift+Enter starts a line.
 *
 * Guarantee: what is typed is stored with every change and comes back after a reload, a lost line or a new
 * login. Sending empties the field only after the text is in the outbox.
 */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../wording.js";
import { nameOf } from "./inbox.js";

/** The server's limit for one message, in characters; from WARN on the rest is counted. */
const LIMIT = 4000;
const WARN = 3500;

export class Composer {
  /** `handback()` is offered below the field where the head has no room for it. */
  constructor(desk, id, handback) {
    this.desk = desk;
    this.id = id;
    this.label = h("label", { class: "visually-hidden", for: "compose" });
    this.field = h("textarea", {
      id: "compose", rows: 1, dir: "auto", enterkeyhint: "send", "aria-describedby": "compose-hint",
      on: { input: () => this.typed(), keydown: (event) => this.pressed(event) },
    });
    this.length = h("p", { class: "length", id: "compose-length", "aria-live": "polite" });
    this.element = h("form", { class: "composer", hidden: true, on: { submit: (event) => { event.preventDefault(); this.send(); } } },
      this.label,
      h("div", { class: "compose-row" }, this.field,
        h("button", { type: "submit", class: "button button-primary send", data: { action: "send" } }, icon("send"), h("span", {}, say("desk_send")))),
      this.length,
      h("p", { class: "compose-hint" }, h("span", {}, say("desk_compose_signed", { name: desk.agent.name })), h("span", { id: "compose-hint", class: "hint-keys" }, say("desk_compose_hint")),
        h("button", { type: "button", class: "link-button handback-below", data: { action: "handback" }, on: { click: handback } }, say("desk_handback"))));
    this.offDraft = desk.state.on("draft", (changed) => { if (changed === id) this.takeDraft(); });
    this.takeDraft(false);
  }

  remove() {
    this.offDraft();
  }

  update(summary, mine) {
    const appearing = mine && this.element.hidden;
    this.element.hidden = !mine;
    if (!mine) return;
    setText(this.label, say("desk_compose_label", { name: nameOf(summary) }));
    if (this.field.lang !== summary.locale) this.field.lang = summary.locale;
    if (appearing) this.grow();
  }

  focus() {
    this.field.focus();
  }

  takeDraft(focus = true) {
    this.field.value = this.desk.outbox.draft(this.id);
    this.measure(this.field.value.trim());
    this.grow();
    if (focus) this.focus();
  }

  clear() {
    this.field.value = "";
    this.desk.outbox.setDraft(this.id, "");
    this.measure("");
    this.grow();
  }

  typed() {
    const before = Boolean(this.desk.outbox.draft(this.id));
    this.desk.outbox.setDraft(this.id, this.field.value);
    const after = Boolean(this.field.value.trim());
    if (before !== after) this.desk.state.emit("outbox", this.id);
    if (after) this.desk.noteTyping(this.id);
    this.measure(this.field.value.trim());
    this.grow();
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    this.send();
  }

  send() {
    const text = this.field.value.trim();
    if (!text || this.measure(text) > 0) {
      this.focus();
      return;
    }
    this.desk.write(this.id, text);
    this.clear();
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
