/**
 * Drafts and messages on their way, per agent and conversation, in this browser's storage.
 *
 * Guarantee: a text the agent has typed is never lost by a reload, a dead line or an expired session. How messages
 * leave, once and in order, is Sending's.
 * What the thread shows is not on its way any more, in whichever order the answer and the stream bring it.
 * Failure: what the server refuses stays visible with its reason until the agent edits or discards it.
 * A message that waited longer than STALE is not sent without being asked: the talk has moved on.
 */

import { Sending } from "./sending.js";
import { forget, keysFrom, newId, recall, remember } from "./storage.js";

const STALE = 10 * 60_000;

export class Outbox extends Sending {
  /**
   * `send(conversation, clientId, text)` resolves with {seq} or throws an ApiError; `changed(conversation)` is told of every change;
   * `shown(conversation)` is the newest seq that its thread shows, 0 while it is not open.
   */
  constructor(agentId, send, changed, shown) {
    super(changed);
    this.shown = shown;
    this.agentId = agentId;
    this.send = send;
    this.items = keysFrom(`out:${agentId}:`).map((key) => recall(key)).filter(Boolean)
      .sort((a, b) => a.at - b.at)
      .map((item) => ({ ...item, state: item.state === "refused" ? "refused" : this.waitsAs(item) }));
  }

  // --- drafts ---------------------------------------------------------------------------------

  draft(conversation) {
    return recall(`draft:${this.agentId}:${conversation}`, "");
  }

  setDraft(conversation, text) {
    const key = `draft:${this.agentId}:${conversation}`;
    if (text.trim()) remember(key, text);
    else forget(key);
  }

  forgetDrafts() {
    for (const key of keysFrom(`draft:${this.agentId}:`)) forget(key);
  }

  // --- messages -------------------------------------------------------------------------------

  /** Those of a conversation that its thread does not show yet. */
  visible(conversation) {
    return this.of(conversation).filter((item) => !item.seen);
  }

  isStale(item) {
    return Date.now() - item.at > STALE;
  }

  add(conversation, text) {
    const item = { id: newId(), conversation, text, at: Date.now(), state: "queued", reason: null };
    this.items.push(item);
    this.keep(item);
    this.flush(conversation);
  }

  /** The agent wants a held message sent after all. */
  release(item) {
    item.at = Date.now();
    item.state = "queued";
    this.keep(item);
    this.flush(item.conversation);
  }

  /** How many messages of a conversation the server has not confirmed. */
  unsent(conversation) {
    return this.of(conversation).filter((item) => item.state !== "sent").length;
  }

  discard(item) {
    forget(this.keyOf(item));
    super.discard(item);
  }

  /** An own message has come back through the stream, so the server has it, whatever becomes of the answer that is still awaited. */
  matchEvent(conversation, event) {
    const item = this.of(conversation).find((one) => one.id === event.client_id);
    if (item?.state === "sending") item.seen = true;
    else if (item) this.discard(item);
    this.settle(conversation, event.seq);
  }

  /** Lets go of sent messages that the thread now shows (up to `lastSeq`). */
  settle(conversation, lastSeq) {
    this.items = this.items.filter((item) => !(item.conversation === conversation && item.state === "sent" && item.seq <= lastSeq));
    this.changed(conversation);
  }

  // --- how a message leaves -------------------------------------------------------------------

  deliver(item) {
    return this.send(item.conversation, item.id, item.text);
  }

  delivered(item, { seq }) {
    // Held back by the server, which shows it from now on, or in the thread already.
    if (!seq || item.seen) {
      this.discard(item);
      return;
    }
    item.seq = seq;
    item.state = "sent";
    forget(this.keyOf(item));
    this.settle(item.conversation, this.shown(item.conversation));
  }

  waitsAs(item) {
    return this.isStale(item) ? "held" : "queued";
  }

  failed(item) {
    if (item.seen) this.discard(item);
    else this.keep(item);
  }

  keep(item) {
    const { id, conversation, text, at, state, reason } = item;
    remember(this.keyOf(item), { id, conversation, text, at, state, reason });
    this.changed(conversation);
  }

  keyOf(item) {
    return `out:${this.agentId}:${item.id}`;
  }
}
