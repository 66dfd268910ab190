/**
 * The middle pane: whose conversation this is, the thread, and what I may do now.
 *
 * Guarantee: a reply can be written only while I hold the conversation, a note whenever I see it; what I typed stays readable when
 * I lose it. Failures of an action are said beside the button that caused them.
 */

import { announce, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { morph } from "../morph.js";
import { countdown, waiting } from "../clock.js";
import { currentRoute, navigate, routeTo } from "../router.js";
import { say, sayCount, sayNamed } from "../wording.js";
import { askCase, askClose, askInvite, askTransfer } from "./actions.js";
import { Composer } from "./composer.js";
import { HandbackDialog } from "./handback.js";
import { nameOf, reasonOf } from "./inbox.js";
import { messageView } from "./message.js";
import { Thread } from "./thread.js";

export class ConversationView {
  constructor(desk) {
    this.desk = desk;
    this.handbackDialog = new HandbackDialog(desk, () => this.focus());
    this.element = h("section", { class: "pane conversation", id: "conversation", tabindex: -1 });
    this.offEvent = desk.state.on("event", (event) => {
      this.thread?.arrived(event);
      // What went wrong before the conversation went on is no news any more.
      if (["customer", "human"].includes(event.author?.kind)) this.showProblem(null);
    });
    this.offAnswered = desk.state.on("answered", () => this.keepFocus());
    this.offLost = desk.state.on("lost", () => this.showProblem(say("desk_lost_sight")));
    this.id = undefined;
  }

  remove() {
    this.offEvent();
    this.offAnswered();
    this.offLost();
    this.thread?.remove();
    this.handbackDialog.remove();
    this.composer?.remove();
  }

  /** Brings the pane up to date; builds it anew only when another conversation is opened. */
  update() {
    const { state } = this.desk;
    const id = state.open?.id ?? null;
    if (!id) {
      this.drawNothing();
      return;
    }
    const held = this.element.contains(document.activeElement);
    if (id !== this.id) this.build(id);
    const summary = state.summary(id);
    this.drawHead(summary);
    this.drawBody(summary);
    this.drawFoot(summary);
    if (this.focusWanted && state.open.detail) {
      this.focusWanted = false;
      this.focus();
    } else if (held) this.keepFocus();
  }

  /** The field or button that had the focus may be gone: then it goes to where the work goes on. */
  keepFocus() {
    const { activeElement } = document;
    if (this.head?.isConnected && (activeElement === document.body || !activeElement.checkVisibility())) this.focus();
  }

  drawNothing() {
    const waitingCount = this.desk.state.view("waiting").length;
    const print = `none:${waitingCount}:${this.desk.state.loaded}`;
    if (this.id === null && this.print === print) return;
    this.composer?.remove();
    this.thread?.remove();
    this.composer = this.thread = null;
    this.id = null;
    this.print = print;
    this.element.removeAttribute("aria-label");
    replace(this.element, messageView({
      icon: "customer",
      heading: say("desk_pick_heading"),
      text: this.desk.state.loaded ? (waitingCount ? sayCount("desk_pick_waiting", waitingCount) : say("desk_pick_none")) : "",
      action: waitingCount ? say("desk_pick_next") : null,
      onAction: () => { location.hash = routeTo({ view: "waiting", id: this.desk.state.view("waiting")[0].id }); },
    }));
  }

  build(id) {
    this.composer?.remove();
    this.thread?.remove();
    this.id = id;
    this.prints = {};
    this.claiming = false;
    this.problem = null;
    this.heldBefore = null;
    this.thread = new Thread(this.desk, id);
    this.composer = new Composer(this.desk, id, () => this.askHandback());
    this.head = h("header", { class: "conversation-head" });
    this.foot = h("footer", { class: "conversation-foot" });
    this.alert = h("div", { class: "foot-alert", role: "alert" });
    this.bar = h("div", { class: "foot-bar" });
    this.foot.append(this.alert, this.bar, this.composer.element);
    replace(this.element, this.head, this.thread.element, this.foot);
  }

  // --- head -----------------------------------------------------------------------------------

  drawHead(summary) {
    // What has become another team's has nobody here who holds it, and nothing that could be done with it.
    const lost = this.desk.state.isLost(this.id);
    const print = JSON.stringify([summary, lost, this.desk.state.open?.error]);
    if (this.prints.head === print) return;
    this.prints.head = print;
    const mine = summary && this.desk.state.isMine(summary);
    const heading = summary ? nameOf(summary) : say("desk_loading");
    this.element.setAttribute("aria-label", heading);
    morph(this.head,
      h("button", { type: "button", class: "icon-button back", data: { key: "back", action: "back" }, "aria-label": say("desk_back_to_list"), title: say("desk_back_to_list"), on: { click: () => navigate({ id: null, details: false }) } }, icon("back")),
      h("div", { class: "head-words" },
        h("h2", { class: "head-name", tabindex: -1 }, h("bdi", {}, heading),
          summary?.customer?.level === "proven" && h("span", { class: "proven", title: say("desk_level_proven") }, icon("shield"), h("span", { class: "visually-hidden" }, say("desk_level_proven")))),
        summary && h("p", { class: "head-facts" },
          !lost && h("span", { class: "holder", data: { holder: summary.holder } }, icon({ bot: "bot", queue: "queue", agent: "human", closed: "closed" }[summary.holder] ?? "system"),
            summary.holder === "agent" ? (mine ? say("desk_you") : summary.agent?.name ?? say("desk_holder_agent")) : sayNamed("desk_holder", summary.holder)),
          summary.customer?.level === "claimed" && h("span", { class: "level-claimed" }, say("desk_level_claimed")),
          summary.customer?.name && h("span", { class: "head-number" }, summary.customer.number),
          h("span", {}, sayNamed("desk_channel", summary.channel)),
          h("span", { class: "head-locale" }, sayNamed("desk_locale", summary.locale)))),
      h("div", { class: "head-tools" },
        summary && !lost && this.stepsMenu(summary, mine),
        mine && h("button", { type: "button", class: "button handback", data: { key: "handback", action: "handback" }, on: { click: () => this.askHandback() } }, icon("bot"), say("desk_handback")),
        h("button", { type: "button", class: "button details-button", data: { key: "details", action: "details" }, on: { click: () => navigate({ details: !currentRoute().details }) } }, say("desk_show_details"))));
  }

  /** Everything else that can be done, in a menu of the platform: Escape and a click beside it close it, and nothing else does. */
  stepsMenu(summary, mine) {
    const { desk, id } = this;
    const invited = (summary.invited ?? []).includes(desk.agent.id);
    const item = (name, run) => h("button", { type: "button", class: "menu-item", data: { key: name, step: name }, on: { click: (event) => { event.currentTarget.closest("[popover]").hidePopover(); run(); } } }, say(`desk_step_${name}`));
    const panel = h("div", { class: "menu steps", id: "steps", popover: "auto", data: { key: "steps" }, on: { beforetoggle: (event) => place(event.currentTarget) } },
      mine && item("transfer", () => askTransfer(desk, id)),
      item("invite", () => askInvite(desk, id)),
      invited && item("leave", () => desk.act(id, "leave").catch((error) => this.showProblem(error.message))),
      item("case", () => askCase(desk, id)),
      mine && item("close", () => askClose(desk, id)));
    return h("div", { class: "menu-place" }, h("button", { type: "button", class: "button steps-button", popovertarget: "steps", data: { action: "steps" } }, icon("more"), h("span", {}, say("desk_steps")), icon("down")), panel);
  }

  askTransfer() {
    if (this.desk.state.isMine(this.desk.state.summary(this.id))) askTransfer(this.desk, this.id);
  }

  askCase() {
    if (this.desk.state.open?.detail) askCase(this.desk, this.id);
  }

  askClose() {
    if (this.desk.state.isMine(this.desk.state.summary(this.id))) askClose(this.desk, this.id);
  }

  writeNote() {
    if (this.composer && this.desk.state.open?.detail) this.composer.writeNote();
  }

  // --- body -----------------------------------------------------------------------------------

  drawBody(summary) {
    const { open } = this.desk.state;
    if (open.error && !open.detail) {
      this.thread.showBlank(messageView({ icon: "warn", heading: say("desk_error_conversation"), text: open.error, action: say("desk_retry"), onAction: () => this.desk.refresh() }));
      return;
    }
    if (!open.detail) {
      this.thread.showBlank(h("p", { class: "blank blank-text" }, say("desk_loading")));
      return;
    }
    this.thread.update(summary, open.events);
  }

  // --- foot -----------------------------------------------------------------------------------

  drawFoot(summary) {
    const { state } = this.desk;
    const mine = state.isMine(summary);
    const meant = this.handbackDialog.busy || (!mine && state.leaving.delete(this.id));
    if (this.heldBefore && !mine && (state.isLost(this.id) || !meant)) this.showProblem(say(state.isLost(this.id) ? "desk_lost_sight" : "desk_lost_hold"));
    if (!this.heldBefore && mine) this.showProblem(null);
    this.heldBefore = mine;
    this.composer.update(summary, mine);
    const draft = this.desk.outbox.draft(this.id);
    const ready = Boolean(state.open?.detail) && !state.isLost(this.id);
    const print = JSON.stringify([mine, ready, summary?.holder, summary?.agent, summary?.deadline_at, summary?.waiting_since, reasonOf(summary ?? {}), !mine && draft, this.claiming]);
    if (print === this.prints.foot) return;
    this.prints.foot = print;
    this.bar.hidden = mine || !ready;
    if (this.bar.hidden) return;
    const claimable = isClaimable(summary);
    const held = isInApp(summary) ? say("desk_bar_in_app") : say("desk_bar_other", { name: summary.agent?.name ?? "" });
    const sentences = { queue: say("desk_bar_queue"), bot: say("desk_bar_bot"), agent: held, closed: say(summary.goes_on_in ? "desk_bar_joined" : "desk_bar_closed") };
    morph(this.bar,
      h("div", { class: "bar-words" },
        summary.holder === "queue" && reasonOf(summary) && h("p", { class: "bar-reason" }, reasonOf(summary)),
        h("p", {}, sentences[summary.holder] ?? ""),
        summary.holder === "queue" && h("p", { class: "bar-times" }, summary.waiting_since && waiting(summary.waiting_since), summary.deadline_at && countdown(summary.deadline_at))),
      h("button", { type: "button", class: "button", data: { key: "note", action: "note" }, on: { click: () => this.writeNote() } }, icon("lock"), say("desk_mode_note")),
      summary.goes_on_in && h("button", { type: "button", class: "button button-primary", data: { key: "joined", action: "joined" }, on: { click: () => navigate({ id: summary.goes_on_in }) } }, say("desk_bar_joined_open")),
      claimable && h("button", { type: "button", class: "button button-primary", data: { key: "claim", action: "claim" }, "aria-disabled": this.claiming ? "true" : null, on: { click: () => this.claim() } },
        this.claiming ? say("desk_claim_busy") : say(summary.holder === "closed" ? "desk_resume" : "desk_claim")),
      draft && h("div", { class: "kept-draft" }, h("p", { class: "muted" }, say("desk_draft_kept")), h("p", { class: "kept-text", dir: "auto", tabindex: 0 }, draft),
        h("button", { type: "button", class: "link-button", data: { key: "discard" }, on: { click: () => this.discardDraft() } }, say("desk_draft_discard"))));
  }

  discardDraft() {
    this.composer.clear();
    this.desk.state.emit("outbox", this.id);
    this.focus();
  }

  showProblem(text) {
    if (this.problem === text) return;
    this.problem = text;
    if (text) replace(this.alert, icon("warn"), h("span", {}, text));
    else replace(this.alert);
  }

  // --- actions --------------------------------------------------------------------------------

  async claim() {
    const summary = this.desk.state.summary(this.id);
    if (!summary || this.claiming || !isClaimable(summary)) return;
    const { id } = this;
    this.claiming = true;
    this.showProblem(null);
    this.update();
    try {
      await this.desk.claim(summary);
      announce(say("desk_claimed"));
    } catch (error) {
      if (this.id === id) this.showProblem(error.message);
    }
    if (this.id !== id) return;
    this.claiming = false;
    this.update();
    if (this.desk.state.isMine(this.desk.state.summary(id))) this.focusWhenReady();
  }

  askHandback() {
    const summary = this.desk.state.summary(this.id);
    if (this.desk.state.isMine(summary)) this.handbackDialog.show(this.id);
  }

  // --- focus ----------------------------------------------------------------------------------

  focusWhenReady() {
    if (this.desk.state.open?.detail) this.focus();
    else {
      this.focusWanted = true;
      this.element.focus({ preventScroll: true });
    }
  }

  /** To the text field when I may write here and have a keyboard, else to the heading. */
  focus() {
    const mine = this.desk.state.isMine(this.desk.state.summary(this.id));
    if (mine && matchMedia("(hover: hover)").matches) this.composer.focus();
    else (this.head?.isConnected ? this.head.querySelector("h2") : this.element).focus({ preventScroll: true });
  }

  /** To the field, for words to the customer. */
  reply() {
    if (!this.desk.state.isMine(this.desk.state.summary(this.id))) return;
    this.composer.setMode("reply");
    this.composer.focus();
  }

  jumpTo(seq) {
    this.thread?.jumpTo(seq);
  }
}

/** Held for whoever writes in the channel's own app, whom nobody knows: an agent may take it from there. */
function isInApp(summary) {
  return summary.holder === "agent" && summary.agent?.id === "in_app";
}

function isClaimable(summary) {
  return !summary.goes_on_in && (summary.holder !== "agent" || isInApp(summary));
}

/** Below its button, inside the window. */
function place(panel) {
  const { bottom, right } = panel.previousElementSibling.getBoundingClientRect();
  panel.style.top = `${bottom + 4}px`;
  panel.style.right = `${Math.max(8, innerWidth - right)}px`;
}
