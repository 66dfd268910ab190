/**
 * The desk's work between server and state: loading, following the stream, taking over, writing,
 * handing back.
 *
 * Guarantee: every server answer reaches the page only through DeskState. An expired session stops all
 * traffic and calls `loggedOut`; drafts and unsent messages stay in the Outbox for the next login.
 */

import { api, ApiError } from "./api.js";
import { DeskState } from "./state.js";
import { Outbox } from "./outbox.js";
import { Stream } from "./stream.js";
import { recall, remember } from "./storage.js";

/** Traces and CRM data are fetched again this long after the last change that may have touched them. */
const DETAIL_PAUSE = 1200;
const TYPING_PAUSE = 3000;

export class Desk {
  /** `loggedOut()` is called once when the server no longer knows this session. */
  constructor(agent, loggedOut) {
    this.agent = agent;
    this.loggedOut = loggedOut;
    this.readKey = `read:${agent.id}`;
    this.state = new DeskState(agent, recall(this.readKey, {}));
    this.outbox = new Outbox(agent.id, (id, clientId, text) => this.guarded(api.send(id, clientId, text)), (id) => this.state.emit("outbox", id));
    this.stream = new Stream({
      position: () => this.state.position,
      welcome: (mode) => this.welcomed(mode),
      change: (frame) => this.changed(frame),
      typing: (frame) => this.state.applyTyping(frame),
      state: (name, retryAt) => this.state.setConnection(name, retryAt),
      closedEarly: () => this.guarded(api.me()).catch(() => {}),
      loggedOut: () => this.sessionOver(),
    });
    this.state.on("gap", () => this.refreshSoon(0));
    this.state.on("read", () => this.keepRead());
  }

  async start() {
    await this.loadLists();
    if (!this.stopped) this.stream.start();
  }

  stop() {
    this.stopped = true;
    this.stream.stop();
    this.outbox.stop();
    clearTimeout(this.detailTimer);
    clearTimeout(this.listTimer);
  }

  /** Passes a call on; notices when the session is over. */
  async guarded(promise) {
    try {
      return await promise;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.sessionOver();
      throw error;
    }
  }

  sessionOver() {
    if (this.stopped) return;
    this.stop();
    this.loggedOut();
  }

  // --- reading --------------------------------------------------------------------------------

  async loadLists() {
    clearTimeout(this.listTimer);
    try {
      const lists = await this.guarded(Promise.all(["waiting", "mine", "team"].map(api.list)));
      this.state.applyLists(lists);
    } catch (error) {
      if (this.stopped) return;
      this.state.applyListError(error.message);
      if (error.passing) this.listTimer = setTimeout(() => this.loadLists(), 2000 + Math.random() * 4000);
    }
  }

  open(id) {
    if (this.state.open?.id === id) return;
    clearTimeout(this.detailTimer);
    this.state.openConversation(id);
    if (id) this.refresh(id);
  }

  async refresh(id = this.state.open?.id) {
    if (!id || this.stopped) return;
    try {
      const detail = await this.guarded(api.conversation(id));
      this.state.applyDetail(id, detail);
      this.outbox.settle(id, this.state.open?.events.at(-1)?.seq ?? 0);
    } catch (error) {
      this.state.applyDetailError(id, error.message);
    }
  }

  refreshSoon(pause = DETAIL_PAUSE) {
    clearTimeout(this.detailTimer);
    this.detailTimer = setTimeout(() => this.refresh(), pause);
  }

  welcomed(mode) {
    if (mode === "reload") {
      this.state.restart();
      this.loadLists();
    }
    if (mode === "reload" || this.state.open?.error) this.refreshSoon(0);
    this.outbox.flushAll();
  }

  changed(frame) {
    const before = this.state.summary(frame.summary.id);
    this.state.applyChange(frame);
    if (this.state.open?.id !== frame.summary.id) return;
    if (frame.event?.author?.kind === "human") this.outbox.matchEvent(frame.summary.id, frame.event);
    const after = frame.summary;
    const moved = !before || before.epoch !== after.epoch || before.case !== after.case || before.customer?.number !== after.customer?.number
      || before.deadline_at !== after.deadline_at;
    if (moved || frame.event?.author?.kind === "bot") this.refreshSoon();
  }

  markOpenRead() {
    if (this.state.open && !document.hidden) this.state.markRead(this.state.open.id);
  }

  keepRead() {
    const known = Object.entries(this.state.read).filter(([id]) => this.state.entries.has(id));
    remember(this.readKey, Object.fromEntries(known));
  }

  // --- acting ---------------------------------------------------------------------------------

  async claim(summary) {
    const answer = await this.guarded(api.claim(summary.id, summary.epoch)).catch((error) => {
      if (error.status === 409) this.refreshSoon(0);
      throw error;
    });
    this.state.applyOwn(answer.summary);
    this.refreshSoon();
  }

  /** Sends a template; throws an error that carries a sentence for the agent. */
  async useTemplate(id, body) {
    const answer = await this.guarded(api.template(id, body));
    this.refreshSoon();
    return answer;
  }

  async handback(id, note) {
    const answer = await this.guarded(api.handback(id, note)).catch((error) => {
      if (error.status === 409) this.refreshSoon(0);
      throw error;
    });
    this.state.applyOwn(answer.summary);
    this.refreshSoon();
  }

  write(id, text) {
    this.outbox.add(id, text);
  }

  noteTyping(id) {
    if (Date.now() - (this.typedAt ?? 0) < TYPING_PAUSE) return;
    this.typedAt = Date.now();
    this.stream.sendTyping(id);
  }

  /** Throws when the server did not hear of it: the session is then still open. */
  async logout() {
    await api.logout().catch((error) => { if (error.status !== 401) throw error; });
    this.stop();
  }
}
