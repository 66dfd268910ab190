/**
 * The desk's frame: top bar, connection banner, the three panes, keys and announcements.
 *
 * Guarantee: state changes redraw at most once per animation frame, however many arrive at once.
 */

import { clockTime, span } from "../clock.js";
import { announce, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { notify } from "../notify.js";
import { currentRoute, navigate, onRoute, routeTo, VIEWS } from "../router.js";
import { say, sayCount } from "../wording.js";
import { ConversationView } from "./conversation.js";
import { DetailsView } from "./details.js";
import { InboxView, nameOf, reasonOf } from "./inbox.js";
import { Office } from "../office/office.js";
import { Keys } from "./keys.js";
import { menuView } from "./menu.js";
import { settingsView } from "./settings.js";

/** A break shorter than this is not worth a banner. */
const BANNER_AFTER = 1500;

export class Frame {
  constructor(desk, actions) {
    this.desk = desk;
    this.inbox = new InboxView(desk);
    this.conversation = new ConversationView(desk);
    this.details = new DetailsView(desk, (seq) => this.jumpTo(seq));
    this.settings = settingsView(desk);
    this.keys = new Keys(this.keyActions());
    this.office = new Office(desk.agent);
    this.banner = h("section", { class: "banner", hidden: true, "aria-label": say("desk_connection") });
    this.bannerText = h("p", { role: "status" });
    this.bannerNext = h("span", { class: "banner-next" });
    this.banner.append(h("div", { class: "banner-words" }, icon("warn"), this.bannerText, this.bannerNext),
      h("button", { type: "button", class: "button button-small", on: { click: () => desk.stream.connectNow() } }, say("desk_connection_now")));
    // On a phone one pane is shown at a time: landmark and first heading are around all three, so they are always there.
    this.panes = h("main", { class: "panes" }, h("h1", { class: "visually-hidden" }, say("desk_title")), this.inbox.element, this.conversation.element, this.details.element);
    this.element = h("div", { class: "desk" },
      h("a", { class: "skip", href: "#conversation", on: { click: (event) => { event.preventDefault(); this.conversation.focus(); } } }, say("desk_skip_to_conversation")),
      h("header", { class: "bar" },
        h("p", { class: "brand" }, h("span", { class: "brand-mark" }, icon("customer")), "Klartext", h("span", { class: "brand-part" }, say("desk_title"))),
        h("div", { class: "bar-tools" },
          h("button", { type: "button", class: "icon-button keys-button", "aria-label": say("desk_menu_keys"), title: say("desk_menu_keys"), on: { click: () => this.keys.show() } }, "?"),
          this.settings.element,
          menuView(desk.agent, actions, () => this.keys.show()))),
      this.banner, this.panes, this.office.element, this.keys.dialog);
    this.arrivals = [];
    this.wroteBy = new Set();
    this.due = new Set();
    this.off = this.listen();
  }

  listen() {
    const { state } = this.desk;
    const offs = ["conversations", "open", "typing", "outbox", "connection"].map((topic) => state.on(topic, () => this.redraw(topic)));
    offs.push(state.on("arrival", (summary) => this.arrived(summary)));
    offs.push(state.on("given", (summary) => this.given(summary)));
    offs.push(state.on("wrote", (summary) => this.wrote(summary)));
    offs.push(onRoute(() => this.routed()));
    const seen = () => this.desk.markOpenRead();
    document.addEventListener("visibilitychange", seen);
    offs.push(() => document.removeEventListener("visibilitychange", seen));
    const timer = setInterval(() => this.drawConnection(), 1000);
    offs.push(() => clearInterval(timer));
    return offs;
  }

  /** Called once the frame is in the page. */
  mounted() {
    this.keys.start();
    this.routed(true);
    for (const topic of ["conversations", "open", "connection"]) this.redraw(topic);
  }

  /** To where the work goes on: the open conversation, else the list. */
  focus() {
    if (this.panes.hidden) this.office.focus();
    else if (this.route.id) this.conversation.focusWhenReady();
    else this.inbox.focusRow(null);
  }

  remove() {
    for (const off of this.off) off();
    this.keys.stop();
    this.conversation.remove();
    this.element.remove();
  }

  redraw(topic) {
    this.due.add(topic);
    if (this.due.size > 1) return;
    const draw = () => {
      const due = this.due;
      this.due = new Set();
      if (due.has("conversations") || due.has("outbox") || due.has("typing")) this.drawLists();
      if (due.has("conversations") || due.has("open") || due.has("outbox") || due.has("typing")) this.conversation.update();
      if (due.has("conversations") || due.has("open")) this.details.update();
      if (due.has("connection")) {
        this.drawConnection();
        this.settings.update();
      }
      if (due.has("open")) this.desk.markOpenRead();
    };
    if (document.hidden) setTimeout(draw, 50);
    else requestAnimationFrame(draw);
  }

  drawLists() {
    if (!this.route) return;
    this.settings.update();
    this.inbox.update(this.route);
    if (this.panes.hidden) return;
    const waiting = this.desk.state.view("waiting").length;
    document.title = `${waiting ? `(${waiting}) ` : ""}${say("desk_title")} · Klartext`;
  }

  routed(first = false) {
    this.panes.hidden = this.office.show();
    if (this.panes.hidden) return;
    const before = this.route;
    this.route = currentRoute();
    this.panes.dataset.pane = this.route.details ? "details" : this.route.id ? "conversation" : "list";
    const other = before?.id !== this.route.id;
    if (other) this.desk.open(this.route.id);
    this.settings.update();
    this.inbox.update(this.route);
    this.conversation.update();
    this.details.update();
    if (first || !before) return;
    if (before.id && !this.route.id) this.inbox.focusRow(before.id);
    else if (other && this.route.id) this.conversation.focusWhenReady();
    else if (before.details !== this.route.details) (this.route.details ? this.details : this.conversation).focus();
  }

  jumpTo(seq) {
    if (this.route.details) navigate({ details: false });
    requestAnimationFrame(() => this.conversation.jumpTo(seq));
  }

  // --- connection -----------------------------------------------------------------------------

  drawConnection() {
    const { state, retryAt, since } = this.desk.state.connection;
    const lost = state !== "online" && this.desk.state.loaded && Date.now() - since > BANNER_AFTER;
    if (lost) {
      setText(this.bannerText, say("desk_connection_lost", { time: clockTime(new Date(since).toISOString()) }));
      setText(this.bannerNext, state === "waiting" ? say("desk_connection_next", { span: span(Math.max(0, retryAt - Date.now()) + 999, { seconds: true }) }) : say("desk_connection_trying"));
    } else if (!this.banner.hidden) {
      announce(say("desk_connection_back"));
    }
    this.banner.hidden = !lost;
  }

  // --- announcements --------------------------------------------------------------------------

  arrived(summary) {
    notify("waiting");
    if (this.arrivals.push(summary) > 1) return;
    setTimeout(() => {
      const [first, ...others] = this.arrivals;
      this.arrivals = [];
      if (others.length) announce(sayCount("desk_arrivals", others.length + 1));
      else announce(say("desk_arrival", { name: nameOf(first), reason: reasonOf(first) }));
    }, 700);
  }

  given(summary) {
    notify("given");
    announce(say(this.desk.state.isMine(summary) ? "desk_given" : "desk_invited", { name: nameOf(summary) }));
  }

  wrote(summary) {
    if (document.hidden || summary.id !== this.route.id) notify("wrote");
    if (summary.id === this.route.id) return;
    this.wroteBy.add(nameOf(summary));
    if (this.wroteBy.size > 1) return;
    setTimeout(() => {
      for (const name of this.wroteBy) announce(say("desk_customer_wrote", { name }));
      this.wroteBy.clear();
    }, 700);
  }

  // --- keys -----------------------------------------------------------------------------------

  keyActions() {
    return {
      move: (step) => this.inbox.move(step),
      view: (index) => navigate({ view: VIEWS[index] }),
      nextWaiting: () => {
        const next = this.desk.state.view("waiting").find((one) => one.id !== this.route.id);
        if (next) location.hash = routeTo({ view: "waiting", id: next.id });
      },
      claim: () => this.conversation.claim(),
      reply: () => this.conversation.reply(),
      note: () => this.conversation.writeNote(),
      transfer: () => this.conversation.askTransfer(),
      close: () => this.conversation.askClose(),
      makeCase: () => this.conversation.askCase(),
      search: () => { navigate({ details: false }); this.inbox.search.focus(); },
      handback: () => this.conversation.askHandback(),
      details: () => this.route.id && (navigate({ details: true }), this.details.focus()),
      escape: () => {
        if (this.route.details) navigate({ details: false });
        else if (this.inbox.hasFocus()) return;
        else if (matchMedia("(width < 48rem)").matches && this.route.id) navigate({ id: null });
        else this.inbox.focusRow(this.route.id);
      },
    };
  }
}

