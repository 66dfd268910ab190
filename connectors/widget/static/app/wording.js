/**
 * The widget's own texts, times and dates, in German and English.
 *
 * Guarantee: each language is fetched once and kept; a text that the server lacks shows its key instead of nothing.
 * On failure `load` rejects and keeps nothing, so that the next call tries again.
 */

export const LANGUAGES = ["de", "en"];
const tables = new Map();

export const languageOrDefault = (value) => {
  const short = String(value || "").slice(0, 2).toLowerCase();
  return LANGUAGES.includes(short) ? short : null;
};

async function fetchTable(base, language) {
  const answer = await fetch(new URL(`wording/${language}.json`, base), { credentials: "omit" });
  if (!answer.ok) throw new Error(`wording ${language}: HTTP ${answer.status}`);
  return answer.json();
}

/** The texts of one language; rejects when the server cannot be reached. */
export function load(base, language, timeZone) {
  const key = new URL(`wording/${language}.json`, base).href;
  if (!tables.has(key)) {
    const pending = fetchTable(base, language);
    tables.set(key, pending);
    pending.catch(() => tables.delete(key));
  }
  return tables.get(key).then((table) => new Wording(table, language, timeZone));
}

export class Wording {
  #table;
  #clock;
  #day;
  #shortDay;
  #dayKey;

  constructor(table, language, timeZone) {
    const locale = language === "de" ? "de-DE" : "en-GB";
    this.language = language;
    this.#table = table;
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
