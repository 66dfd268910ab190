/**
 * The widget's own texts, times and dates, in German and English. They are part of the widget's file.
 *
 * Guarantee: a text that the server lacks shows its key instead of nothing.
 */
import { TEXTS } from "./texts.js";

export const LANGUAGES = ["de", "en"];
const DAY = 86_400_000;
// Characters of a message by which a button names it.
const BEGINNING = 60;

export const languageOrDefault = (value) => {
  const short = String(value || "").slice(0, 2).toLowerCase();
  return LANGUAGES.includes(short) ? short : null;
};

export class Wording {
  #table;
  #clock;
  #day;
  #shortDay;
  #dayKey;

  constructor(language, timeZone) {
    const locale = language === "de" ? "de-DE" : "en-GB";
    this.language = language;
    this.#table = TEXTS[language];
    this.#clock = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
    this.#day = new Intl.DateTimeFormat(locale, { timeZone, day: "numeric", month: "long", year: "numeric" });
    this.#shortDay = new Intl.DateTimeFormat(locale, { timeZone, day: "numeric", month: "short" });
    this.#dayKey = new Intl.DateTimeFormat("en-CA", { timeZone });
  }

  say(key, values = {}) {
    const text = this.#table[`widget_${key}`];
    if (text === undefined) return `widget_${key}`;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /** "14:03" today, "20. Nov., 14:03" on another day; empty for what is no time. */
  moment(value) {
    const at = new Date(value);
    if (Number.isNaN(at.getTime())) return "";
    const clock = this.#clock.format(at);
    return this.#isToday(at) ? clock : `${this.#shortDay.format(at)}, ${clock}`;
  }

  /** "20. November 2026, 14:03", for whoever reads it another day. */
  fullMoment(value) {
    const at = new Date(value);
    return Number.isNaN(at.getTime()) ? "" : `${this.#day.format(at)}, ${this.#clock.format(at)}`;
  }

  /** A button's name that says which message it belongs to: "Warum diese Antwort? Nachricht 4, 14:03: Ihr Vertrag …" */
  about(label, { seq, at, text }) {
    const words = text.replace(/\s+/g, " ").trim();
    const beginning = words.length > BEGINNING ? `${words.slice(0, BEGINNING).replace(/ \S*$/, "")} …` : words;
    return this.say("about_message", { label, seq, time: this.moment(at), beginning });
  }

  /** "340 KB", "2,4 MB" */
  size(bytes) {
    const megabytes = bytes >= 1024 * 1024;
    const value = megabytes ? bytes / 1024 / 1024 : Math.max(1, bytes / 1024);
    const locale = this.language === "de" ? "de-DE" : "en-GB";
    return `${value.toLocaleString(locale, { maximumFractionDigits: megabytes ? 1 : 0 })} ${megabytes ? "MB" : "KB"}`;
  }

  author(author) {
    switch (author.kind) {
      case "bot":
      case "customer":
        return this.say(`author_${author.kind}`);
      case "human":
        return author.name ? this.say("author_human", { name: author.name }) : this.say("author_human_nameless");
      default:
        return this.say("author_system");
    }
  }

  /** "Quelle: Ihr Vertrag V-204817, Stand 14:03 Uhr"; several are joined by semicolons. */
  sources(sources) {
    const parts = sources.map(({ label, as_of: asOf }) => {
      const at = new Date(asOf);
      if (!asOf || Number.isNaN(at.getTime())) return label;
      // Midnight in UTC: of a law and the like only the day is known.
      if (at.getTime() % DAY === 0) return this.say("as_of_day_only", { label, day: this.#day.format(at) });
      const time = this.#clock.format(at);
      if (this.#isToday(at)) return this.say("as_of_today", { label, time });
      return this.say("as_of_day", { label, time, day: this.#day.format(at) });
    });
    return this.say(parts.length === 1 ? "source_one" : "source_many", { sources: parts.join("; ") });
  }

  #isToday(at) {
    return this.#dayKey.format(at) === this.#dayKey.format(new Date());
  }
}
