/**
 * Where the customer writes: grows with the text, Enter sends, Shift+Enter makes a new line.
 *
 * Guarantee: a text leaves the field only when it has been handed on; one that is too long stays, with the reason.
 */
import { attachIcon, h, sendIcon, write } from "./dom.js";
import { ACCEPTED } from "./files.js";

export const LIMIT = 4_000;
const COUNT_FROM = 3_600;

export class Composer {
  #texts;
  #handlers;

  /** `handlers` has onSend(text), onFiles(files), onTyping() and announce(text). */
  constructor(texts, handlers) {
    this.#handlers = handlers;
    this.label = h("label", { class: "unseen", for: "input" });
    this.input = h("textarea", {
      id: "input",
      rows: "1",
      dir: "auto",
      enterkeyhint: "send",
      autocomplete: "off",
      "aria-describedby": "hint",
      oninput: () => this.#changed(),
      onkeydown: (event) => this.#key(event),
    });
    this.hint = h("p", { id: "hint", class: "hint" });
    this.sendText = h("span");
    this.send = h("button", { type: "submit", class: "send" }, sendIcon(), this.sendText);
    this.chooser = h("input", { type: "file", class: "unseen", multiple: true, accept: ACCEPTED, tabindex: "-1", "aria-hidden": "true", onchange: () => this.#chosen() });
    this.attach = h("button", { type: "button", class: "attach", onclick: () => this.chooser.click() }, attachIcon());
    const form = { class: "composer", novalidate: true, onsubmit: (event) => this.#submit(event) };
    this.element = h("form", form, this.hint, this.label, h("div", { class: "field" }, this.chooser, this.attach, this.input, this.send));
    this.element.addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    write(this.label, texts.say("input_label"));
    this.input.placeholder = texts.say("input_placeholder");
    write(this.sendText, texts.say("send"));
    for (const name of ["aria-label", "title"]) this.attach.setAttribute(name, texts.say("attach"));
    this.#showLength();
  }

  focus() {
    this.input.focus();
  }

  /** Files that are dropped on `element` are as good as chosen ones. */
  acceptDrops(element) {
    element.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
    element.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  }

  #take(event, transfer) {
    if (!transfer?.files.length) return;
    event.preventDefault();
    this.#handlers.onFiles([...transfer.files]);
  }

  #chosen() {
    this.#handlers.onFiles([...this.chooser.files]);
    this.chooser.value = "";
    this.focus();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) {
      this.#say(this.#texts.say("empty"));
      this.#handlers.announce(this.hint.textContent);
      this.focus();
      return;
    }
    if (Array.from(text).length > LIMIT) {
      this.#handlers.announce(this.hint.textContent);
      this.focus();
      return;
    }
    this.input.value = "";
    this.#grow();
    this.#say("");
    this.#handlers.onSend(text);
  }

  #changed() {
    this.#grow();
    this.#showLength();
    if (this.input.value.trim()) this.#handlers.onTyping();
  }

  #showLength() {
    const length = Array.from(this.input.value.trim()).length;
    const over = length > LIMIT;
    this.input.setAttribute("aria-invalid", String(over));
    const crossed = over !== this.element.classList.contains("over");
    this.element.classList.toggle("over", over);
    if (over) this.#say(this.#texts.say("too_long", { count: length - LIMIT, limit: LIMIT }));
    else if (length >= COUNT_FROM) this.#say(this.#texts.say("characters_left", { count: LIMIT - length }));
    else this.#say("");
    // Read aloud when the limit is crossed, not at every key.
    if (crossed && over) this.#handlers.announce(this.hint.textContent);
  }

  #say(text) {
    if (this.hint.textContent !== text) write(this.hint, text);
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
  }
}
