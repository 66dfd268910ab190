/**
 * The head of the panel: who may speak now, the way to a person, language, type size, close.
 *
 * Guarantee: the way to a person is always there and is one press; when a person has been asked for or is there, the
 * same place says so. "Close" is always on screen, too: where the head scrolls away it stands beside the way to a person.
 */
import { authorMark, closeIcon, h, personIcon, write } from "./dom.js";

// Little height, as at 400 % zoom: the way to a person and the way out stay on screen, in one line; the rest scrolls away.
const LOW = window.matchMedia("(max-height: 26rem)");

export class Header {
  #texts;
  #name;
  #holder = { kind: null, name: "" };
  #mark = authorMark({ kind: "bot" });

  /** `handlers` has onHuman(), onLanguage(), onLarge() and onClose(). */
  constructor(texts, { name, large }, handlers) {
    this.#name = name;
    this.title = h("h2", { id: "title" });
    this.holder = h("p", { id: "holder", dir: "auto" });
    this.close = h("button", { type: "button", class: "plain", onclick: handlers.onClose }, closeIcon());
    this.humanText = h("span");
    this.human = h("button", { type: "button", class: "to-human" }, personIcon(), this.humanText);
    this.human.addEventListener("click", () => {
      if (this.human.getAttribute("aria-disabled") !== "true") handlers.onHuman(this.humanText.textContent);
    });
    this.language = h("button", { type: "button", class: "plain", onclick: handlers.onLanguage });
    this.large = h("button", { type: "button", class: "plain large", text: "A+", onclick: handlers.onLarge });
    this.setLarge(large);
    this.who = h("div", { class: "who" }, this.#mark, h("div", {}, this.title, this.holder));
    this.tools = h("div", { class: "tools" });
    this.element = h("div", { class: "head" }, this.who, this.tools);
    LOW.addEventListener("change", () => this.#place());
    this.#place();
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    const other = texts.language === "de" ? "en" : "de";
    write(this.title, this.#name ? texts.say("title_of", { name: this.#name }) : texts.say("title"));
    for (const [button, key] of [[this.close, "close"], [this.large, "large_type"], [this.language, "language_switch"]]) {
      button.setAttribute("aria-label", texts.say(key));
      button.title = texts.say(key);
    }
    write(this.language, texts.say("language_short"));
    this.language.lang = other;
    this.#showHolder();
  }

  get kind() {
    return this.#holder.kind;
  }

  /** `kind` is bot, queue, agent, closed, or null as long as nobody has said. */
  setHolder(kind, name) {
    this.#holder = { kind, name: name || "" };
    this.#showHolder();
  }

  setLarge(large) {
    this.large.setAttribute("aria-pressed", String(large));
  }

  #place() {
    const focused = [this.close, this.human, this.language, this.large].find((button) => button.matches(":focus"));
    const settings = [this.language, this.large];
    this.who.append(...(LOW.matches ? settings : [this.close]));
    this.tools.append(this.human, ...(LOW.matches ? [this.close] : settings));
    focused?.focus();
  }

  #showHolder() {
    const { kind, name } = this.#holder;
    const key = kind === "agent" && !name ? "holder_agent_nameless" : `holder_${kind || "none"}`;
    write(this.holder, this.#texts.say(key, { name }));
    const mark = authorMark(kind === "agent" ? { kind: "human", name } : { kind: "bot" });
    this.#mark.replaceWith(mark);
    this.#mark = mark;
    const state = { queue: "human_waiting", agent: "human_present" }[kind];
    write(this.humanText, this.#texts.say(state || "human"));
    this.human.setAttribute("aria-disabled", String(Boolean(state)));
  }
}
