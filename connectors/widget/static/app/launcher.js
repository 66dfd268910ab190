/**
 * The button that opens the chat, and the number of unread messages: on it, and in front of the page's title.
 *
 * Guarantee: the page's own title is given back unchanged when nothing is unread, also where the page has changed it
 * meanwhile.
 */
import { authorMark, h, write } from "./dom.js";
import { giveRoom } from "./room.js";

export class Launcher {
  #texts;
  #count = 0;
  #prefix = "";
  #look;

  constructor(texts, onOpen) {
    this.text = h("span", { class: "launcher-text" });
    this.note = h("span", { class: "launcher-note" });
    this.brief = h("span", { class: "launcher-brief" });
    this.badge = h("span", { class: "badge", hidden: true });
    this.element = h("button", { type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "panel" });
    const words = h("span", { class: "launcher-words" }, this.text, this.note, this.brief);
    this.element.append(authorMark({ kind: "bot" }), words, this.badge);
    this.element.addEventListener("click", onOpen);
    this.#look = giveRoom(this.element);
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    write(this.text, texts.say("launcher"));
    write(this.note, texts.say("launcher_note"));
    write(this.brief, texts.say("launcher_brief"));
    this.setUnread(this.#count);
  }

  show(shown, open) {
    this.element.hidden = !shown;
    this.#look();
    this.element.setAttribute("aria-expanded", String(open));
  }

  /** Shows the number; true when it is another than before. */
  setUnread(count) {
    const changed = count !== this.#count;
    this.#count = count;
    this.badge.hidden = count === 0;
    this.badge.textContent = count > 9 ? "9+" : String(count);
    const unread = count === 1 ? "launcher_unread_one" : "launcher_unread_many";
    const words = [this.text.textContent, this.note.textContent];
    if (count) words.push(this.#texts.say(unread, { count }));
    this.element.setAttribute("aria-label", words.join(". "));
    this.#countInTitle(count);
    return changed;
  }

  #countInTitle(count) {
    const prefix = count ? `(${count}) ` : "";
    const { title } = document;
    const own = this.#prefix && title.startsWith(this.#prefix) ? title.slice(this.#prefix.length) : title;
    if (title !== prefix + own) document.title = prefix + own;
    this.#prefix = prefix;
  }
}
