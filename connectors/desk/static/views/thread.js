/**
 * The thread: an append-only log of what was said and who held the conversation.
 *
 * Guarantee: every entry shows its author and its time. New entries are appended to the log (and so read
 * out politely); opening a conversation fills it silently. It stays at the end only if the reader is there.
 */

import { h, reconcile, replace, setText } from "../dom.js";
import { icon } from "../icons.js";
import { clockTime } from "../clock.js";
import { say, sayCount } from "../wording.js";
import { eventView, noteView } from "./event.js";
import { HeldReplies } from "./held.js";
import { nameOf } from "./inbox.js";
import { JoinedThreads } from "./joined.js";
import { drawWrong } from "./wrong.js";

/** Closer to the end than this counts as "at the end", in CSS pixels. */
const END = 60;
/** An unsent text longer than this may scroll in its own box, so it can be focused; in characters. */
const LONG = 400;

export class Thread {
  constructor(desk, id) {
    this.desk = desk;
    this.id = id;
    this.nodes = h("ol", { class: "events" });
    this.log = h("div", { role: "log", "aria-busy": "true" }, this.nodes);
    this.pending = h("ol", { class: "events pending", "aria-label": say("desk_pending_label") });
    this.held = new HeldReplies(desk, id);
    // The words of the log are read out as they come; this is no word of anybody.
    this.receipt = h("p", { class: "receipt", "aria-live": "off" });
    this.typingLine = h("p", { class: "typing" });
    this.older = h("button", { type: "button", class: "link-button", on: { click: () => this.showOlder() } }, say("desk_thread_older"));
    this.cutText = h("span");
    this.cut = h("p", { class: "cut", hidden: true }, this.cutText, " ", this.older);
    this.blank = h("div", { class: "thread-blank" });
    this.joined = new JoinedThreads(desk);
    this.scroller = h("div", { class: "thread-scroll", tabindex: 0, on: { scroll: () => this.scrolled() } }, this.blank, this.joined.element, this.cut, this.log, this.pending, this.held.element, this.typingLine);
    this.jump = h("button", { type: "button", class: "jump", hidden: true, on: { click: () => this.jumped() } });
    this.element = h("div", { class: "thread" }, this.scroller, this.jump);
    this.lastSeq = 0;
    this.missed = 0;
    this.wasAtEnd = true;
    this.lastTop = 0;
    this.sizes = new ResizeObserver(() => { if (this.wasAtEnd) this.toEnd(); });
    // A picture has its height only once it is there.
    for (const one of [this.scroller, this.log, this.held.element]) this.sizes.observe(one);
  }

  remove() {
    this.sizes.disconnect();
    this.held.remove();
  }

  /** Fetches older entries; what is read now stays where it is. */
  async showOlder() {
    const from = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.older.disabled = true;
    // What was said long ago is not read out as news.
    this.log.setAttribute("aria-busy", "true");
    await this.desk.loadOlder().catch(() => {});
    requestAnimationFrame(() => requestAnimationFrame(() => {
      this.scroller.scrollTop = this.scroller.scrollHeight - from;
      this.log.removeAttribute("aria-busy");
      this.older.disabled = false;
    }));
  }

  showBlank(content) {
    replace(this.blank, content);
    this.blank.hidden = false;
  }

  update(summary, events) {
    const first = this.lastSeq === 0;
    const label = say("desk_thread_label", { name: nameOf(summary) });
    this.log.setAttribute("aria-label", label);
    this.scroller.setAttribute("aria-label", label);
    if (events.length || this.desk.outbox.visible(this.id).length) this.blank.hidden = true;
    else this.showBlank(h("p", { class: "blank blank-text" }, say("desk_thread_empty")));
    const atEnd = this.wasAtEnd;
    this.joined.update(summary, this.desk.state.open?.detail?.messenger?.joined ?? []);
    this.drawEvents(summary, events);
    this.drawReceipt(summary, events);
    this.drawPending();
    this.drawTyping();
    if (first) {
      this.toEnd();
      requestAnimationFrame(() => this.log.removeAttribute("aria-busy"));
    } else if (atEnd) this.toEnd();
  }

  /** Entries and notes in one order. A node is made again only when something that it shows has changed. */
  drawEvents(summary, events) {
    const last = events.at(-1)?.seq ?? 0;
    const { detail } = this.desk.state.open;
    const files = new Map((detail?.files ?? []).map((file) => [file.id, file]));
    const tenures = detail?.tenures ?? [];
    const whose = `${summary.locale}:${summary.customer?.level ?? ""}:${summary.customer?.name ?? ""}`;
    const filesOf = ({ event }) => (event?.files ?? []).map((file) => files.get(file.id)?.state ?? file.state).join();
    const view = (item) => (item.note ? noteView(item.note) : eventView(item.event, { summary, agent: this.desk.agent, tenures, files, previous: item.previous }));
    reconcile(this.nodes, withNotes(events, detail?.notes ?? []), (item) => `${item.key}:${whose}:${filesOf(item)}`, view, () => {});
    this.lastSeq = last;
    drawWrong(this.nodes, this.desk, this.id, detail);
    this.held.update(detail?.held ?? []);
    this.cut.hidden = !events.length || events[0].seq <= 1;
    if (!this.cut.hidden) setText(this.cutText, say("desk_thread_cut", { n: events.length }));
  }

  /**
   * How far the latest message of a person has come, as far as the customer's client has confirmed it. It stands in that
   * message: at the end of the thread it would be read of a private note, which no customer sees.
   */
  drawReceipt(summary, events) {
    const last = events.findLast((event) => event.kind === "message");
    const spoken = last?.author.kind === "human" ? last.seq : Infinity;
    const key = summary.read_seq >= spoken ? "desk_receipt_read" : summary.delivered_seq >= spoken ? "desk_receipt_delivered" : null;
    const place = key && this.nodes.querySelector(`[data-seq="${spoken}"] .bubble`);
    if (!place) {
      this.receipt.remove();
      return;
    }
    setText(this.receipt, say(key));
    if (this.receipt.parentNode !== place) place.append(this.receipt);
  }

  /** Counts what came in while the reader was further up. */
  arrived(event) {
    if (this.wasAtEnd || event.kind !== "message") return;
    this.missed += 1;
    replace(this.jump, icon("down"), h("span", {}, sayCount("desk_new_messages", this.missed)));
    this.jump.hidden = false;
  }

  drawPending() {
    const items = this.desk.outbox.visible(this.id);
    this.pending.hidden = !items.length;
    reconcile(this.pending, items, (item) => item.id, (item) => this.pendingView(item), (node, item) => this.drawPendingState(node, item));
  }

  pendingView(item) {
    return h("li", { class: "event", data: { author: "human", own: "true", client: item.id } },
      h("div", { class: "bubble" },
        h("p", { class: "byline" }, icon("human"), h("span", { class: "author" }, say("desk_author_human", { name: this.desk.agent.name }))),
        h("p", { class: "text", dir: "auto", tabindex: item.text.length > LONG ? 0 : null }, item.text),
        h("div", { class: "pending-state" })));
  }

  drawPendingState(node, item) {
    const offline = this.desk.state.connection.state !== "online";
    const kind = item.state === "queued" && !offline ? "sending" : item.state === "sent" ? "sending" : item.state;
    const print = kind + (item.reason ?? "");
    if (node.print === print) return;
    node.print = print;
    node.dataset.state = kind;
    const words = {
      sending: () => say("desk_pending_sending"),
      queued: () => say("desk_pending_queued"),
      held: () => say("desk_pending_held", { time: clockTime(new Date(item.at).toISOString()) }),
      refused: () => item.reason,
    }[kind]();
    const stuck = kind === "held" || kind === "refused";
    const { outbox } = this.desk;
    replace(node.querySelector(".pending-state"),
      h("p", { role: stuck ? "alert" : null }, stuck && icon("warn"), words),
      stuck && h("div", { class: "pending-actions" },
        h("button", { type: "button", class: "button button-small", on: { click: () => outbox.release(item) } }, say("desk_pending_send_now")),
        h("button", { type: "button", class: "button button-small", on: { click: () => this.backToDraft(item) } }, say("desk_pending_edit")),
        h("button", { type: "button", class: "button button-small", on: { click: () => outbox.discard(item) } }, say("desk_pending_discard"))));
  }

  backToDraft(item) {
    const { outbox, state } = this.desk;
    const draft = outbox.draft(this.id);
    outbox.setDraft(this.id, draft.trim() ? `${draft}\n\n${item.text}` : item.text);
    outbox.discard(item);
    state.emit("draft", this.id);
  }

  drawTyping() {
    const typing = this.desk.state.typing.get(this.id);
    const name = typing && (typing.author.kind === "customer" ? nameOf(this.desk.state.summary(this.id)) : typing.author.name);
    const lookers = this.desk.state.lookers(this.id);
    setText(this.typingLine, [typing && say("desk_typing", { name }), lookers.length && say("desk_looking", { names: lookers.join(", ") })].filter(Boolean).join(" · "));
  }

  // --- scrolling ------------------------------------------------------------------------------

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollTop < clientHeight && !this.cut.hidden && !this.older.disabled && this.lastSeq) this.showOlder();
    // Not at the end is who went up from it, not who was there when it grew.
    const up = scrollTop < this.lastTop - 1;
    this.lastTop = scrollTop;
    this.wasAtEnd = scrollHeight - scrollTop - clientHeight < END || (this.wasAtEnd && !up);
    if (!this.wasAtEnd) return;
    this.missed = 0;
    this.jump.hidden = true;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.wasAtEnd = true;
    this.missed = 0;
    this.jump.hidden = true;
  }

  /** The button is gone then, so the focus goes to what it led to. */
  jumped() {
    this.toEnd();
    this.scroller.focus({ preventScroll: true });
  }

  /** To an entry, which may have to be fetched first. */
  async jumpTo(seq) {
    const first = () => this.desk.state.open?.events[0]?.seq ?? 0;
    for (let before = Infinity; first() > seq && first() < before;) {
      before = first();
      await this.desk.loadOlder().catch(() => {});
    }
    await new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); });
    const node = this.nodes.querySelector(`[data-seq="${Number(seq)}"]`);
    if (!node) return;
    node.tabIndex = -1;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
  }
}


/** Notes stand behind the entry that was the newest when they were written. */
function withNotes(events, notes) {
  const items = [];
  const first = events[0]?.seq ?? 0;
  let next = notes.findIndex((note) => note.after_seq >= first);
  if (next < 0) next = notes.length;
  events.forEach((event, index) => {
    items.push({ key: `e${event.seq}`, event, previous: events[index - 1] });
    while (next < notes.length && (notes[next].after_seq <= event.seq || index === events.length - 1)) {
      items.push({ key: `n${notes[next].id}`, note: notes[next] });
      next += 1;
    }
  });
  return items;
}
