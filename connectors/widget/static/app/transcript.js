/**
 * The conversation to keep: copied, or saved as a plain text file, by the browser itself.
 *
 * Guarantee: every message in it names its author in words, and it says which of them a computer program wrote. What
 * the server has not confirmed is not in it.
 * On failure (the browser refuses) one sentence says so and nothing is lost.
 */
import { h, write } from "./dom.js";

/** `entries` as the thread keeps them, oldest first. */
export function transcript(entries, texts, name) {
  const lines = entries.map((entry) => {
    const parts = [`[${texts.fullMoment(entry.at)}] ${texts.author(entry.author)}: ${entry.text}`];
    if (entry.sources.length) parts.push(texts.sources(entry.sources));
    if (entry.case && !entry.text.includes(entry.case)) parts.push(texts.say("case", { case: entry.case }));
    return parts.join("\n");
  });
  const title = name ? texts.say("title_of", { name }) : texts.say("title");
  return `${[title, texts.say("transcript_note"), ...lines].join("\n\n")}\n`;
}

async function copy(text, panel) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // A page without https has no clipboard of its own.
  const field = h("textarea", { class: "unseen" });
  panel.append(field);
  field.value = text;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("the browser did not copy");
  return undefined;
}

function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export class Transcript {
  #texts;

  /** `handlers` has text(), the transcript now, and announce(sentence). */
  constructor(texts, panel, handlers) {
    this.copy = h("button", { type: "button", class: "quiet" });
    this.save = h("button", { type: "button", class: "quiet" });
    this.said = h("span", { class: "kept" });
    this.element = h("div", { class: "keep", "aria-live": "off", hidden: true }, this.copy, this.save, this.said);
    this.copy.addEventListener("click", async () => {
      try {
        await copy(handlers.text(), panel);
        this.#say("transcript_copied", handlers);
        this.copy.focus();
      } catch {
        this.#say("transcript_failed", handlers);
      }
    });
    this.save.addEventListener("click", () => {
      save(handlers.text(), this.#texts.say("transcript_file"));
      this.#say("transcript_saved", handlers);
    });
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    write(this.copy, texts.say("transcript_copy"));
    write(this.save, texts.say("transcript_save"));
    this.said.textContent = "";
  }

  #say(key, handlers) {
    write(this.said, this.#texts.say(key));
    handlers.announce(this.said.textContent);
  }
}
