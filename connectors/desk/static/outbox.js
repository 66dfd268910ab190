/**
 * Drafts and messages on their way, per agent and conversation, in this browser's storage.
 *
 * Guarantee: a text the agent has typed is never lost by a reload, a dead line or an expired session.
 * Each message keeps its client id over all attempts, so the server stores it once however often it is
 * sent. Messages of one conversation leave in the order in which they were written.
 * Failure: what the server refuses stays visible with its reason until the agent edits or discards it.
 * A message that waited longer than STALE is not sent without being asked: the talk has moved on.
 */

import { forget, keysFrom, newId, recall, remember } from "./storage.js";

const STALE = 10 * 60_000;
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

export class Outbox {
  /** `send(conversation, clientId, text)` resolves with {seq} or throws an ApiError; `changed(conversation)` is told of every change. */
  constructor(agentId, send, changed) {
    this.agentId = agentId;
    this.send = send;
    this.changed = changed;
    this.busy = new Set();
    this.failures = 0;
    this.stopped = false;
    this.items = keysFrom(`out:${agentId}:`).map((key) => recall(key)).filter(Boolean)
      .sort((a, b) => a.at - b.at)
      .map((item) => ({ ...item, state: item.state === "refused" ? "refused" : this.isStale(item) ? "held" : "queued" }));
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

  of(conversation) {
    return this.items.filter((item) => item.conversation === conversation);
  }

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
    this.items = this.items.filter((other) => other !== item);
    forget(this.keyOf(item));
    this.changed(item.conversation);
  }

  /** An own message has come back through the stream: it need not be shown as unsent any more. */
  matchEvent(conversation, event) {
    const item = this.visible(conversation).find((one) => one.id === event.client_id);
    if (item) item.seen = true;
    this.settle(conversation, event.seq);
  }

  /** Lets go of sent messages that the thread now shows (up to `lastSeq`). */
  settle(conversation, lastSeq) {
    this.items = this.items.filter((item) => !(item.conversation === conversation && item.state === "sent" && item.seq <= lastSeq));
    this.changed(conversation);
  }

  /** Tries everything that waits; called when the line is back. */
  flushAll() {
    this.failures = 0;
    for (const conversation of new Set(this.items.map((item) => item.conversation))) this.flush(conversation);
  }

  async flush(conversation) {
    if (this.stopped || this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      for (let item = this.nextOf(conversation); item && !this.stopped; item = this.nextOf(conversation)) {
        if (!(await this.attempt(item))) break;
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  nextOf(conversation) {
    return this.of(conversation).find((item) => item.state === "queued");
  }

  /** One attempt; true when the next message may follow. */
  async attempt(item) {
    item.state = "sending";
    this.changed(item.conversation);
    try {
      const { seq } = await this.send(item.conversation, item.id, item.text);
      this.failures = 0;
      item.seq = seq;
      item.state = "sent";
      forget(this.keyOf(item));
      // Held back by the server, which shows it from now on.
      if (!seq) this.items = this.items.filter((other) => other !== item);
      this.changed(item.conversation);
      return true;
    } catch (error) {
      item.seen = false;
      const passing = error.passing || error.status === 401;
      item.state = !passing ? "refused" : this.isStale(item) ? "held" : "queued";
      item.reason = passing ? null : error.message;
      this.keep(item);
      if (error.passing) this.retryLater(item.conversation);
      return !passing;
    }
  }

  retryLater(conversation) {
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.failures) + 200;
    this.failures += 1;
    setTimeout(() => this.flush(conversation), delay);
  }

  keep(item) {
    const { id, conversation, text, at, state, reason } = item;
    remember(this.keyOf(item), { id, conversation, text, at, state, reason });
    this.changed(conversation);
  }

  keyOf(item) {
    return `out:${this.agentId}:${item.id}`;
  }

  stop() {
    this.stopped = true;
  }
}
