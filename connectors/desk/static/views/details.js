/**
 * The right pane: what somebody needs to know before writing the first word. Why a person is needed, what
 * was promised, who the customer is, what the bot understood and tried, and the cases.
 *
 * A section is drawn again only when its own data changed, and then what is still true stays: who reads, selects, unfolds or
 * tabs there is not disturbed.
 */

import { clockTime, countdown, shortTime, timestamp } from "../clock.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { morph } from "../morph.js";
import { currentRoute, navigate } from "../router.js";
import { say, sayNamed } from "../wording.js";
import { caseCard } from "./cases.js";
import { customerView } from "./customer.js";
import { reasonOf } from "./inbox.js";
import { messengerView } from "./messenger.js";
import { tracesView } from "./trace.js";

/** In this order; whoever comes from the list of cases finds the cases first. */
const SECTIONS = ["summary", "why", "promise", "messenger", "deliveries", "customer", "bot_tried", "cases", "ratings", "course"];

export class DetailsView {
  constructor(desk, jumpTo) {
    this.desk = desk;
    this.jumpTo = jumpTo;
    this.sections = Object.fromEntries(SECTIONS.map((name) => [name, {
      body: h("div", { class: "section-body" }), title: h("h3", {}, say(`desk_${name}`)), print: null,
    }]));
    this.heading = h("h2", { tabindex: -1 }, say("desk_details"));
    this.scroller = h("div", { class: "details-scroll", tabindex: 0, role: "region", "aria-label": say("desk_details") },
      SECTIONS.map((name) => h("section", { class: "section", data: { section: name } }, this.sections[name].title, this.sections[name].body)));
    this.element = h("aside", { class: "pane details", "aria-label": say("desk_details") },
      h("header", { class: "details-head" },
        h("button", { type: "button", class: "icon-button details-back", "aria-label": say("desk_back_to_conversation"), title: say("desk_back_to_conversation"), on: { click: () => navigate({ details: false }) } }, icon("back")),
        this.heading),
      this.scroller);
  }

  focus() {
    this.heading.focus({ preventScroll: true });
  }

  update() {
    const { open } = this.desk.state;
    const detail = open?.detail;
    this.element.classList.toggle("details-empty", !detail);
    this.heading.hidden = !detail;
    this.scroller.hidden = !detail;
    if (!detail) return;
    this.order(currentRoute().view === "cases");
    if (this.id !== open.id) {
      this.id = open.id;
      this.scroller.scrollTop = 0;
    }
    const summary = this.desk.state.summary(open.id);
    const mine = this.desk.state.isMine(summary);
    const quote = open.events.findLast((event) => event.kind === "notice" || event.kind === "holder");
    this.draw("summary", [detail.summary_lines], () => (detail.summary_lines ?? []).filter(Boolean).map((line, index) => h("p", { class: index ? "muted" : "", dir: "auto" }, line)));
    this.element.querySelector('[data-section="ratings"]').hidden = !detail.ratings?.length;
    this.draw("ratings", [detail.ratings], () => ratingsView(detail.ratings ?? []));
    this.draw("why", [summary.reason, summary.holder, detail.tenures], () => this.whyView(summary, detail.tenures ?? []));
    this.draw("promise", [summary.deadline_at, summary.holder, summary.agent, mine, quote], () => this.promiseView(summary, mine, quote));
    this.element.querySelector('[data-section="messenger"]').hidden = !detail.messenger;
    this.draw("messenger", [detail.messenger, mine], () => detail.messenger && messengerView(this.desk, open.id, detail.messenger, mine));
    const undelivered = detail.deliveries ?? [];
    this.element.querySelector('[data-section="deliveries"]').hidden = !undelivered.length;
    this.draw("deliveries", [undelivered], () => this.deliveriesView(undelivered));
    this.draw("customer", [summary.customer, detail.customer, detail.customer_error], () => customerView(detail, summary, () => this.desk.refresh()));
    this.draw("bot_tried", [detail.traces], () => tracesView(detail.traces ?? [], open.events, this.jumpTo));
    this.draw("cases", [detail.cases, this.desk.people.teams.length], () => this.casesView(detail.cases ?? []));
    this.draw("course", [detail.tenures], () => h("ol", { class: "course" }, (detail.tenures ?? []).map((tenure, _, all) => courseLine(tenure, all))));
  }

  order(casesFirst) {
    const place = (name) => this.element.querySelector(`[data-section="${name}"]`);
    const before = casesFirst ? place("summary") : place("ratings");
    if (place("cases").nextSibling !== before) this.scroller.insertBefore(place("cases"), before);
  }

  draw(name, data, view) {
    const section = this.sections[name];
    const print = `${this.id}:${JSON.stringify(data)}`;
    if (section.print === print) return;
    section.print = print;
    // Of another conversation nothing stays, not even what was unfolded.
    if (section.drawnFor !== this.id) replace(section.body);
    section.drawnFor = this.id;
    morph(section.body, view());
  }

  // --- why ------------------------------------------------------------------------------------

  whyView(summary, tenures) {
    const { title } = this.sections.why;
    title.textContent = summary.holder === "queue" ? say("desk_why") : say("desk_why_was");
    const reason = reasonOf(summary);
    const asked = tenures.findLast((tenure) => tenure.holder === "queue");
    const quote = (tenure) => noted(tenure, tenures) && h("p", { class: "quote", dir: "auto" }, noted(tenure, tenures));
    if (reason) return [h("p", { class: "lead" }, reason), quote(asked)];
    const current = tenures.at(-1);
    if (summary.holder === "agent") return h("p", { class: "muted" }, current.reason === "taken_over" ? say("desk_why_taken") : sayNamed("desk_reason", current.reason));
    const ended = asked && [h("p", {}, sayNamed("desk_reason", current.reason)), quote(current)];
    if (summary.holder === "closed") return [asked && h("p", { class: "lead" }, sayNamed("desk_reason", asked.reason)), ended ?? h("p", { class: "muted" }, say("desk_bar_closed"))];
    return [h("p", { class: "muted" }, say("desk_why_none")), ended];
  }

  // --- promise --------------------------------------------------------------------------------

  promiseView(summary, mine, quote) {
    const inApp = summary.agent?.id === "in_app" && say("desk_promise_in_app", { time: clockTime(summary.deadline_at) });
    const held = inApp || (mine ? say("desk_promise_agent") : say("desk_promise_other", { name: summary.agent?.name ?? "" }));
    return [
      summary.holder === "queue" && summary.deadline_at
        ? [h("p", { class: "lead lead-split" }, say("desk_promise_deadline", { time: clockTime(summary.deadline_at) }), countdown(summary.deadline_at)), h("p", { class: "muted" }, say("desk_promise_queue"))]
        : h("p", { class: "muted" }, summary.holder === "agent" ? held : say("desk_promise_none")),
      quote?.text && h("details", { class: "said" }, h("summary", {}, say("desk_promise_words", { time: clockTime(quote.at) })),
        h("blockquote", { dir: "auto", lang: summary.locale }, quote.text)),
    ];
  }

  // --- messages that have not arrived ---------------------------------------------------------

  deliveriesView(deliveries) {
    return h("ul", { class: "cards" }, deliveries.map((one) => h("li", { class: "card", data: { key: one.seq } },
      h("p", { class: "card-head" },
        h("button", { type: "button", class: "link-button", data: { key: one.seq }, on: { click: () => this.jumpTo(one.seq) } }, say("desk_delivery_message", { n: one.seq })),
        h("span", { class: "tag" }, sayNamed("desk_delivery", one.state))),
      h("p", { class: "muted" }, say("desk_delivery_since", { time: clockTime(one.updated_at), n: one.attempts })),
      one.error && h("p", { class: "quote", dir: "auto" }, one.error))));
  }

  // --- cases ----------------------------------------------------------------------------------

  casesView(cases) {
    if (!cases.length) return h("p", { class: "muted" }, say("desk_cases_none"));
    return h("ul", { class: "cards" }, cases.map((one) => caseCard(this.desk, one)));
  }
}

/** What the customer said of the help, or that they were asked and said nothing. */
function ratingsView(ratings) {
  return h("ul", { class: "cards" }, ratings.map((one) => h("li", { class: "card" },
    h("p", { class: "card-head" }, h("strong", { dir: "auto" }, one.agent.name), one.stars ? say("desk_rating_stars", { n: one.stars }) : h("span", { class: "muted" }, say("desk_rating_open"))),
    one.sentence && h("p", { class: "quote", dir: "auto" }, one.sentence))));
}

/** What was noted when a tenure began: a colleague's or the bot's words, or the words for what is stored as a code. */
function noted(tenure, tenures) {
  if (!tenure?.detail) return "";
  // The id of the conversation in which it goes on, which the foot of the pane leads to.
  if (tenure.reason === "joined") return "";
  if (tenure.reason === "closed_by_agent") return sayNamed("desk_close_reason", tenure.detail);
  if (tenure.reason === "not_taken_up") return tenures.find((one) => one.agent?.id === tenure.detail)?.agent.name ?? "";
  return tenure.detail;
}

/** One tenure in words: when, who, why, and what was noted. */
function courseLine(tenure, tenures) {
  const who = tenure.holder === "agent" ? tenure.agent?.name ?? say("desk_holder_agent") : sayNamed("desk_holder", tenure.holder);
  const picture = { bot: "bot", queue: "queue", agent: "human", closed: "closed" }[tenure.holder] ?? "system";
  return h("li", { class: "course-line", "aria-current": tenure.ended_at ? null : "true" }, icon(picture),
    h("div", {}, h("p", {}, h("strong", { dir: "auto" }, who), " ", timestamp(tenure.started_at, shortTime(tenure.started_at))),
      h("p", { class: "muted" }, sayNamed("desk_reason", tenure.reason)),
      noted(tenure, tenures) && h("p", { class: "quote", dir: "auto" }, noted(tenure, tenures))));
}
