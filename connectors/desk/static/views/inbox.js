/**
 * The inbox: views over the same conversations, and the cases, each a list of links in the order of need.
 *
 * One row is one link and one tab stop; arrows and j/k move between rows. Rows keep their node while
 * the list changes around them, so focus stays where it is.
 */

import { countdown, timestamp, waiting } from "../clock.js";
import { h, reconcile, replace, setText } from "../dom.js";
import { icon } from "../icons.js";
import { morph } from "../morph.js";
import { routeTo, VIEWS } from "../router.js";
import { say, sayCount, sayNamed } from "../wording.js";
import { caseRow } from "./cases.js";
import { messageView } from "./message.js";
import { SearchBar } from "./search.js";

/** What to call somebody in the list: the CRM's name, else the customer number, else a short guest id. */
export function nameOf(summary) {
  const { customer } = summary;
  return customer?.name || customer?.number || say("desk_unknown_customer", { id: summary.id.replaceAll("-", "").slice(-4).toUpperCase() });
}

export function reasonOf(summary) {
  return summary.reason ? sayNamed("desk_reason", summary.reason.code) || summary.reason.text : "";
}

/** So many rows are in the page at first, and more with each page that is scrolled to. */
const PAGE = 100;

export class InboxView {
  constructor(desk) {
    this.desk = desk;
    this.tabs = new Map(VIEWS.map((view) => {
      const count = h("span", { class: "tab-count" });
      const link = h("a", { class: "tab", data: { view } }, h("span", {}, say(`desk_view_${view}`)), count);
      return [view, { link, count }];
    }));
    this.search = new SearchBar(desk, () => this.focusRow(null));
    this.more = h("p", { class: "rows-more", hidden: true });
    this.list = h("ul", { class: "rows", on: { keydown: (event) => this.pressed(event) } });
    this.blank = h("div", { class: "rows-blank" });
    this.shown = PAGE;
    this.everything = [];
    this.scroller = h("div", { class: "rows-scroll", on: { scroll: () => this.scrolled() } }, this.list, this.more, this.blank);
    this.element = h("section", { class: "pane inbox", "aria-label": say("desk_inbox") },
      h("h2", { class: "visually-hidden" }, say("desk_inbox")),
      h("nav", { class: "tabs", "aria-label": say("desk_views") }, [...this.tabs.values()].map((tab) => tab.link)),
      this.search.element, this.scroller);
  }

  update(route) {
    const { state } = this.desk;
    this.route = route;
    this.search.update(route);
    for (const [view, { link, count }] of this.tabs) {
      const number = view === "cases" ? state.cases.length : state.count(view);
      link.href = routeTo({ view, id: route.id });
      if (view === route.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      setText(count, state.loaded ? String(number) : "");
      // Who works in another list sees here that one of theirs has something new.
      const unread = view === "mine" ? state.countUnread(view) : 0;
      link.toggleAttribute("data-unread", unread > 0);
      link.setAttribute("aria-label", [say(`desk_view_${view}`), state.loaded && sayCount("desk_count", number), unread && sayCount("desk_unread_in", unread)].filter(Boolean).join(", "));
    }
    const isCases = route.view === "cases" && !route.filters.q;
    this.everything = isCases ? state.cases : state.view(route.view, route.filters);
    const place = JSON.stringify([route.view, route.filters]);
    if (this.place !== place) {
      this.shown = PAGE;
      this.scroller.scrollTop = 0;
    }
    this.place = place;
    // The open one is always among the rows that are there.
    const open = this.everything.findIndex((one) => (one.conversation ?? one.id) === route.id);
    this.shown = Math.max(this.shown, Math.ceil((open + 1) / PAGE) * PAGE);
    const summaries = this.everything.slice(0, this.shown);
    this.list.setAttribute("aria-label", say(route.filters.q ? "desk_list_search" : `desk_list_${route.view}`));
    const focused = this.hasFocus() ? this.links().indexOf(document.activeElement) : -1;
    reconcile(this.list, summaries, (one) => one.number ?? one.id, (one) => h("li", {}, one.number ? null : h("a", { class: "row", data: { conversation: one.id } })), (item, one) => (one.number ? this.fillCase(item, one) : this.fill(item.firstChild, one)));
    this.keepTabStop(summaries.map((one) => ({ id: one.conversation ?? one.id })));
    this.list.hidden = !summaries.length;
    // The row that had the focus has left the list: the one that took its place has it now.
    if (focused >= 0 && !this.hasFocus()) this.focusLink(this.links()[Math.min(focused, summaries.length - 1)]);
    if (focused >= 0 && !summaries.length) this.tabs.get(route.view).link.focus();
    const hidden = isCases || route.filters.q ? 0 : state.cut[route.view]?.hidden ?? 0;
    this.more.hidden = !hidden || this.shown < this.everything.length;
    setText(this.more, hidden ? say("desk_list_cut", { n: hidden }) : "");
    this.drawBlank(summaries.length, route.filters.q ? "search" : route.view);
  }

  /** Another page of rows, when the reader comes near the end of those that are there. */
  grow() {
    if (this.shown >= this.everything.length) return false;
    this.shown += PAGE;
    this.update(this.route);
    return true;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < 2 * clientHeight) this.grow();
  }

  fillCase(item, one) {
    const current = one.conversation === this.route.id;
    const print = JSON.stringify([one, current, this.desk.people.teams.length]);
    if (item.print === print) return;
    item.print = print;
    morph(item, caseRow(this.desk, one, current));
  }

  drawBlank(count, view) {
    const { state } = this.desk;
    const searching = view === "search" && !state.found.ids;
    const kind = state.listError ? `error:${state.listError}` : !state.loaded || searching ? "loading" : count ? "" : view;
    if (kind === this.blankKind) return;
    this.blankKind = kind;
    if (!kind) replace(this.blank);
    else if (state.listError) replace(this.blank, messageView({ icon: "warn", heading: say("desk_error_lists"), text: state.listError, action: say("desk_retry"), onAction: () => this.desk.loadLists() }));
    else if (kind === "loading") replace(this.blank, h("p", { class: "blank-text blank" }, say("desk_loading")));
    else replace(this.blank, messageView({ icon: view === "waiting" ? "closed" : "customer", heading: say(`desk_empty_${view}`), text: say(`desk_empty_${view}_text`) }));
  }

  /** Redraws one row, and only when something in it has changed. */
  fill(link, summary) {
    const { state, outbox } = this.desk;
    const current = summary.id === this.route.id;
    const unread = state.isUnread(summary);
    const present = this.presence(summary);
    const marks = [present, unread && "unread", outbox.unsent(summary.id) ? "unsent" : outbox.draft(summary.id) && "draft"].filter(Boolean);
    const passage = this.route.filters.q && state.found.passages?.[summary.id];
    const print = JSON.stringify([summary, current, marks, this.route.view, passage]);
    if (link.print === print) return;
    link.print = print;
    link.href = routeTo({ view: this.route.view, id: summary.id });
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.classList.toggle("row-unread", unread);
    const mine = state.isMine(summary);
    morph(link,
      h("span", { class: "row-top" },
        unread && h("span", { class: "dot" }, h("span", { class: "visually-hidden" }, `${say("desk_unread")}. `)),
        h("span", { class: "row-name", dir: "auto" }, nameOf(summary)),
        summary.customer?.level === "proven" && h("span", { class: "proven", title: say("desk_level_proven") }, icon("shield"), h("span", { class: "visually-hidden" }, say("desk_level_proven"))),
        summary.last_at && h("span", { class: "row-time" }, timestamp(summary.last_at))),
      this.stateLine(summary, mine),
      this.lastLine(summary, passage),
      h("span", { class: "row-foot" },
        this.timesOf(summary, mine),
        h("span", {}, sayNamed("desk_channel", summary.channel)),
        summary.case && h("span", { class: "tag" }, summary.case),
        !mine && state.concernsMe(summary) && h("span", { class: "tag" }, say("desk_invited_tag")),
        present && h("span", { class: "row-lookers" }, present),
        marks.includes("unsent") && h("span", { class: "tag tag-warn" }, say("desk_has_unsent")),
        marks.includes("draft") && h("span", { class: "tag" }, say("desk_has_draft"))));
  }

  /** What was said last, or in a search the entry that holds the words. */
  lastLine(summary, passage) {
    if (passage) return h("span", { class: "row-last", dir: "auto" }, around(passage, this.route.filters.q));
    if (!summary.last_text || summary.last_author?.kind === "system") return null;
    return h("span", { class: "row-last" }, h("span", { class: "row-by" }, `${authorWord(summary.last_author, this.desk.agent)}: `), h("span", { dir: "auto" }, summary.last_text.slice(0, 200)));
  }

  /** Who types in it just now, and which colleagues have it on screen. */
  presence({ id }) {
    const { state } = this.desk;
    const author = state.typing.get(id)?.author;
    const lookers = state.lookers(id);
    return [author && say("desk_typing", { name: authorWord(author, state.agent) }), lookers.length && say("desk_looking", { names: lookers.join(", ") })].filter(Boolean).join(" · ");
  }

  /** What runs: the promise made to somebody who waits, or how long a customer of mine is without an answer. */
  timesOf(summary, mine) {
    if (summary.holder === "queue") return [summary.deadline_at && countdown(summary.promised_until ?? summary.deadline_at), summary.waiting_since && waiting(summary.waiting_since, "desk_time_since")];
    return mine && summary.last_author?.kind === "customer" && waiting(summary.last_at, "desk_time_unanswered");
  }

  /** Who holds it, and why it was handed over. */
  stateLine(summary, mine) {
    const names = { bot: say("desk_holder_bot"), queue: reasonOf(summary) || say("desk_holder_queue"), closed: say("desk_holder_closed"), agent: mine ? say("desk_you") : summary.agent?.name };
    const pictures = { bot: "bot", queue: "queue", closed: "closed", agent: "human" };
    const reason = summary.holder === "agent" ? reasonOf(summary) : summary.closed_as && sayNamed("desk_close_reason", summary.closed_as);
    return h("span", { class: "row-state", data: { holder: summary.holder } }, icon(pictures[summary.holder]),
      h("span", {}, names[summary.holder] ?? "", reason && ` · ${reason}`));
  }

  // --- focus ----------------------------------------------------------------------------------

  links() {
    return [...this.list.querySelectorAll("a.row")];
  }

  keepTabStop(summaries) {
    const stop = summaries.find((one) => one.id === this.stopId) ?? summaries.find((one) => one.id === this.route.id) ?? summaries[0];
    this.stopId = stop?.id;
    for (const link of this.links()) link.tabIndex = link.dataset.conversation === this.stopId ? 0 : -1;
  }

  hasFocus() {
    return this.list.contains(document.activeElement);
  }

  focusLink(link) {
    if (!link) return;
    this.stopId = link.dataset.conversation;
    for (const other of this.links()) other.tabIndex = other === link ? 0 : -1;
    link.focus();
    link.scrollIntoView({ block: "nearest" });
  }

  focusRow(id) {
    const links = this.links();
    const row = links.find((link) => link.dataset.conversation === id) ?? links.find((link) => link.tabIndex === 0);
    if (row) this.focusLink(row);
    else this.tabs.get(this.route.view).link.focus();
  }

  /** One row on or back, from the focused row, else from the open one. */
  move(step) {
    const links = this.links();
    const from = this.hasFocus() ? links.indexOf(document.activeElement) : links.findIndex((link) => link.dataset.conversation === this.route.id);
    const to = from < 0 ? 0 : from + step;
    if (to >= links.length && this.grow()) this.move(step);
    else this.focusLink(links[Math.min(links.length - 1, Math.max(0, to))]);
  }

  lastLink() {
    while (this.grow());
    return this.links().at(-1);
  }

  pressed(event) {
    const links = this.links();
    const go = { ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1), Home: () => this.focusLink(links[0]), End: () => this.focusLink(this.lastLink()) }[event.key];
    if (!go || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go();
  }
}

/** So many characters stand in front of the words that were looked for: both are within one line. */
const BEFORE = 18;

/** The words that were looked for, marked, with what stands around them. */
function around(text, words) {
  const at = Math.max(0, text.toLowerCase().indexOf(words.toLowerCase()));
  // From the beginning of a word.
  const from = at <= BEFORE ? 0 : Math.min(at, text.indexOf(" ", at - BEFORE) + 1 || at);
  const end = at + words.length;
  return [from > 0 && "… ", text.slice(from, at), h("mark", {}, text.slice(at, end)), text.slice(end, end + 120)];
}

function authorWord(author, agent) {
  if (!author) return "";
  if (author.kind === "human") return author.name === agent.name ? say("desk_you") : author.name;
  return say(`desk_author_${author.kind}`);
}
