/**
 * The head of the panel: who may speak now, the way to a person, language, type size, close.
 *
 * Guarantee: the way to a person is always there and is one press; when a person has been asked for or is there, the
 * same place says so.
 */
import { authorMark, closeIcon, h, personIcon } from "./dom.js";

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
    this.element = h(
      "div",
      { class: "head" },
      h("div", { class: "who" }, this.#mark, h("div", {}, this.title, this.holder), this.close),
      h("div", { class: "tools" }, this.human, this.language, this.large),
    );
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    const other = texts.language === "de" ? "en" : "de";
    this.title.textContent = this.#name ? texts.say("title_of", { name: this.#name }) : texts.say("title");
    for (const [button, key] of [[this.close, "close"], [this.large, "large_type"], [this.language, "language_switch"]]) {
      button.setAttribute("aria-label", texts.say(key));
      button.title = texts.say(key);
    }
    this.language.textContent = texts.say("language_short");
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

  #showHolder() {
    const { kind, name } = this.#holder;
    const key = kind === "agent" && !name ? "holder_agent_nameless" : `holder_${kind || "none"}`;
    this.holder.textContent = this.#texts.say(key, { name });
    const mark = authorMark(kind === "agent" ? { kind: "human", name } : { kind: "bot" });
    this.#mark.replaceWith(mark);
    this.#mark = mark;
    const state = { queue: "human_waiting", agent: "human_present" }[kind];
    this.humanText.textContent = this.#texts.say(state || "human");
    this.human.setAttribute("aria-disabled", String(Boolean(state)));
  }
}
