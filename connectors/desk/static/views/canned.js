/**
 * Canned replies, opened with a slash in the field: a list that the arrows walk and Enter takes.
 *
 * Guarantee: names in braces are filled only from what is known here; one that is not known stays visible, and the
 * composer does not send it.
 */

import { shortTime } from "../clock.js";
import { h, replace } from "../dom.js";
import { isWorded, language, say } from "../wording.js";

/** So many are offered at once: no more than fit without scrolling. */
const most = () => (matchMedia("(width < 48rem)").matches ? 4 : 7);

/** The names in braces that are still open in a text. */
export const openNames = (text) => [...new Set(text.match(/\{[a-z_]+\}/g) ?? [])];

/** What stands in braces, and what it is for. */
export const openName = (braced) => {
  const key = `desk_variable_${braced.slice(1, -1)}`;
  return isWorded(key) ? `${say(key)} ${braced}` : braced;
};

export class CannedList {
  /** `take(text, shortcut)` gets the filled text. */
  constructor(desk, id, take) {
    this.desk = desk;
    this.id = id;
    this.take = take;
    this.chosen = 0;
    this.found = [];
    this.list = h("ul", { class: "canned-list", role: "listbox", id: "canned-list", "aria-label": say("desk_canned") });
    this.element = h("div", { class: "canned", hidden: true }, this.list);
  }

  /** Shows what fits behind the slash at the end of the text, or nothing. */
  follow(text) {
    const words = text.match(/(?:^|\s)\/([\p{L}\d_-]*)$/u);
    if (!words) {
      this.close();
      return;
    }
    if (this.element.hidden) this.renew();
    this.text = text;
    const wanted = words[1].toLowerCase();
    const fits = (one) => [one.shortcut, one.title[language()], one.text[language()]].some((value) => value.toLowerCase().includes(wanted));
    const begins = (one) => (one.shortcut.startsWith(wanted) ? 0 : 1);
    this.found = this.desk.replies.filter(fits).sort((a, b) => begins(a) - begins(b)).slice(0, most());
    this.chosen = 0;
    this.element.hidden = false;
    this.draw();
  }

  /** What was added or changed while the desk was open is there as well; a list in which nothing changed stays as it is. */
  async renew() {
    const changed = await this.desk.loadReplies().catch(() => false);
    if (changed && !this.element.hidden) this.follow(this.text);
  }

  draw() {
    replace(this.list, this.found.length ? this.found.map((one, index) => h("li", {
      role: "option", id: `canned-${index}`, "aria-selected": String(index === this.chosen), on: { click: () => this.use(one) },
    }, h("kbd", {}, `/${one.shortcut}`), h("strong", {}, one.title[language()]), h("span", { class: "muted" }, this.filled(one)))) : h("li", { class: "muted", role: "option", "aria-selected": "false" }, say("desk_canned_none")));
    document.getElementById("compose")?.setAttribute("aria-activedescendant", `canned-${this.chosen}`);
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    document.getElementById("compose")?.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was meant for the list. */
  pressed(event) {
    if (this.element.hidden || event.isComposing) return false;
    const count = Math.max(1, this.found.length);
    const step = { ArrowDown: 1, ArrowUp: count - 1 }[event.key];
    if (step) {
      this.chosen = (this.chosen + step) % count;
      this.draw();
    } else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && this.found.length) this.use(this.found[this.chosen]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  use(one) {
    this.take(this.filled(one), one.shortcut);
  }

  /** The text in the customer's language, with what is known filled in. */
  filled(one) {
    const { state } = this.desk;
    const summary = state.summary(this.id);
    const open = (state.open?.detail?.cases ?? []).findLast((item) => item.status !== "solved");
    const known = {
      customer_name: summary.customer?.name,
      customer_number: summary.customer?.number,
      agent_name: this.desk.agent.name,
      case_number: open?.number,
      case_due: open && shortTime(open.due_at),
      team: this.desk.teamName(open?.team ?? summary.team),
    };
    return (one.text[summary.locale] ?? one.text.de).replace(/\{(\w+)\}/g, (whole, name) => known[name] || whole);
  }
}
