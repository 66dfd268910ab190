/** Search and filters above the list. Both live in the address, so that a reload or a shared link shows the same. */

import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { currentRoute, navigate } from "../router.js";
import { say, sayNamed } from "../wording.js";

/** The server is asked this long after the last key. */
const PAUSE = 300;
const CHANNELS = ["widget", "whatsapp"];

export class SearchBar {
  /** `toList()` leads on to what was found. */
  constructor(desk, toList) {
    this.desk = desk;
    this.toList = toList;
    this.field = h("input", { type: "search", id: "search", class: "search-field", "aria-label": say("desk_search"), placeholder: say("desk_search"), maxlength: 200, autocomplete: "off", on: { input: () => this.typed(), keydown: (event) => this.pressed(event) } });
    this.selects = h("div", { class: "filters" });
    this.element = h("search", { class: "search" }, h("div", { class: "search-row" }, icon("search"), this.field), this.selects);
  }

  focus() {
    this.field.focus();
    this.field.select();
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.set("q", this.field.value.trim()), PAUSE);
  }

  /** Enter or the arrow leads to the first result, once it is there. */
  async pressed(event) {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    clearTimeout(this.timer);
    const words = this.field.value.trim();
    this.set("q", words);
    await this.desk.search(words).catch(() => {});
    requestAnimationFrame(() => requestAnimationFrame(() => this.toList()));
  }

  set(name, value) {
    const filters = { ...currentRoute().filters };
    if (value) filters[name] = value;
    else delete filters[name];
    navigate({ filters }, { replace: true });
  }

  update(route) {
    if (document.activeElement !== this.field) this.field.value = route.filters.q ?? "";
    this.desk.search(route.filters.q ?? "").catch(() => {});
    const reasons = [...new Set([...this.desk.state.entries.values()].map(({ summary }) => summary.reason?.code).concat(route.filters.reason).filter(Boolean))].sort();
    const teams = this.desk.people.teams.map((team) => [team.id, team.name]);
    const print = JSON.stringify([reasons, teams, route.filters.channel, route.filters.reason, route.filters.team]);
    if (print === this.print || this.selects.contains(document.activeElement)) return;
    this.print = print;
    replace(this.selects,
      this.choice("channel", CHANNELS.map((one) => [one, sayNamed("desk_channel", one)]), route.filters.channel),
      this.choice("reason", reasons.map((one) => [one, sayNamed("desk_reason", one)]), route.filters.reason),
      teams.length > 1 && this.choice("team", teams, route.filters.team));
  }

  choice(name, options, chosen) {
    const control = h("select", { "aria-label": say(`desk_filter_${name}`), data: { filter: name }, on: { change: () => this.set(name, control.value) } },
      h("option", { value: "" }, say(`desk_filter_${name}`)), options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
    return control;
  }
}
