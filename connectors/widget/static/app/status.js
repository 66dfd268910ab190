/**
 * One calm line about the connection, and the button that tries again where only a person can decide to.
 *
 * Guarantee: a short interruption says nothing; a longer one says what happens to what was written; its end is said
 * once. The line is a status region of its own, apart from the conversation's log, so that nothing is read twice.
 */
import { h, write } from "./dom.js";

const QUIET_FOR = 1_200;
const CONNECTED_FOR = 3_000;
const SAID_FOR = 9_000;
const CLOSE_RATE = 4429;
const CLOSE_RESTART = 1012;

export class StatusLine {
  #texts;
  #timer = 0;
  #state = "closed";
  #code = 0;
  #hasMessages = false;
  #wasInterrupted = false;

  constructor(texts, onRetry) {
    this.text = h("span");
    this.retry = h("button", { type: "button", class: "retry", hidden: true, onclick: onRetry });
    this.element = h("div", { class: "status", role: "status" }, this.text, this.retry);
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    write(this.retry, texts.say("retry"));
    this.#show();
  }

  showState(state, code, hasMessages) {
    [this.#state, this.#code, this.#hasMessages] = [state, code, hasMessages];
    this.#show();
  }

  /** One sentence from the server, as long as nothing more important is there. */
  say(text) {
    clearTimeout(this.#timer);
    this.#set(text, true);
    this.#timer = setTimeout(() => this.#show(), SAID_FOR);
  }

  #show() {
    clearTimeout(this.#timer);
    this.retry.hidden = this.#state !== "refused";
    if (this.#state === "open") {
      this.#set(this.#wasInterrupted ? this.#texts.say("connected") : "");
      if (this.#wasInterrupted) this.#timer = setTimeout(() => this.#set(""), CONNECTED_FOR);
      this.#wasInterrupted = false;
      return;
    }
    if (this.#state === "closed" || this.#state === "paused") {
      this.#set("");
      return;
    }
    // A short interruption is no news.
    const wait = this.#state === "offline" || this.#state === "refused" || this.text.textContent ? 0 : QUIET_FOR;
    this.#timer = setTimeout(() => {
      this.#wasInterrupted = true;
      this.#set(this.#texts.say(this.#key()), true);
    }, wait);
  }

  #key() {
    if (this.#state === "offline" || this.#state === "refused") return this.#state;
    if (this.#code === CLOSE_RATE) return this.#hasMessages ? "busy" : "many_begun";
    if (this.#code === CLOSE_RESTART) return "restart";
    return this.#hasMessages ? "reconnecting" : "connecting";
  }

  #set(text, notable = false) {
    this.element.classList.toggle("notable", notable);
    if (this.text.textContent !== text) write(this.text, text);
  }
}
