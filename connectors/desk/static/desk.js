/**
 * The desk's work between server and state: loading, following the stream, taking over, writing,
 * handing back.
 *
 * Guarantee: every server answer reaches the page only through DeskState. An expired session stops all
 * traffic and calls `loggedOut`; drafts and unsent messages stay in the Outbox for the next login.
 */

import { api, ApiError } from "./api.js";
import { Attention } from "./attention.js";
import { announce } from "./dom.js";
import { DeskState } from "./state.js";
import { Outbox } from "./outbox.js";
import { Stream } from "./stream.js";
import { recall } from "./storage.js";
import { Uploads } from "./uploads.js";
import { say } from "./wording.js";

/** Traces and CRM data are fetched again this long after the last change that may have touched them. */
const DETAIL_PAUSE = 1200;
const TYPING_PAUSE = 3000;
const RECOUNT = 20_000;

export class Desk {
  /** `loggedOut()` is called once when the server no longer knows this session; `files` are left from the one before. */
  constructor(agent, loggedOut, files = []) {
    this.agent = agent;
    this.loggedOut = loggedOut;
    this.state = new DeskState(agent);
    this.outbox = new Outbox(agent.id, (id, clientId, text) => this.sendReply(id, clientId, text), (id) => this.state.emit("outbox", id), (id) => this.state.lastShown(id));
    this.uploads = new Uploads((id, ...upload) => this.guarded(api.sendFile(id, ...upload)), (id) => this.state.emit("uploads", id), files);
    this.stream = new Stream({
      position: () => this.state.position,
      welcome: (mode) => this.welcomed(mode),
      change: (frame) => this.changed(frame),
      gone: (frame) => this.state.applyGone(frame),
      typing: (frame) => this.state.applyTyping(frame),
      looking: (frame) => this.state.applyLooking(frame),
      read: (frame) => this.state.applyRead({ [frame.conversation]: frame.seq }),
      state: (name, retryAt) => this.state.setConnection(name, retryAt),
      closedEarly: () => this.guarded(api.me()).catch(() => {}),
      loggedOut: () => this.sessionOver(),
    });
    this.attention = new Attention(this.stream, () => this.state.open?.id ?? null, (id) => this.state.read[id] ?? 0);
    this.searching = Promise.resolve();
    this.people = { agents: [], teams: [] };
    this.replies = [];
    this.state.on("gap", () => this.refreshSoon(0));
    this.state.on("read", () => this.attention.say());
  }

  async start() {
    await this.loadLists();
    if (this.stopped) return;
    this.loadPeople();
    this.stream.start();
    this.attention.start();
  }

  stop() {
    this.stopped = true;
    this.stream.stop();
    this.attention.stop();
    this.outbox.stop();
    clearTimeout(this.caseTimer);
    clearTimeout(this.peopleTimer);
    this.uploads.stop();
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
    this.recounting = false;
    try {
      const views = ["waiting", "mine", "team", "closed"];
      const [cases, { read }, ...lists] = await this.guarded(Promise.all([api.cases(), api.read(), ...views.map(api.list)]));
      this.state.applyRead(read);
      this.state.applyLists(lists.map((list, index) => ({ ...list, view: views[index] })));
      this.state.applyCases(cases.cases);
    } catch (error) {
      if (this.stopped) return;
      this.state.applyListError(error.message);
      if (error.passing) this.listTimer = setTimeout(() => this.loadLists(), 2000 + Math.random() * 4000);
    }
  }

  /** Colleagues, teams and canned replies; without them the desk works, only its dialogs have less to offer. */
  async loadPeople() {
    clearTimeout(this.peopleTimer);
    if (this.stopped) return;
    try {
      const [people, canned] = await this.guarded(Promise.all([api.people(), api.canned()]));
      this.people = people;
      this.replies = canned.replies;
      this.state.emit("conversations");
    } catch (error) {
      if (!this.stopped && error.passing) setTimeout(() => this.loadPeople(), 5000);
    }
  }

  /** Canned replies as they are now; whether any has changed. */
  async loadReplies() {
    const before = JSON.stringify(this.replies);
    this.replies = (await this.guarded(api.canned())).replies;
    return JSON.stringify(this.replies) !== before;
  }

  teamName(id) {
    return this.people.teams.find((team) => team.id === id)?.name ?? id;
  }

  loadCasesSoon() {
    clearTimeout(this.caseTimer);
    this.caseTimer = setTimeout(() => this.guarded(api.cases()).then(({ cases }) => this.state.applyCases(cases)).catch(() => {}), DETAIL_PAUSE);
  }

  /** Settles when the result of these words is there. */
  search(words) {
    if (this.state.found.words === words) return this.searching;
    this.state.beginSearch(words);
    this.searching = words ? this.guarded(api.search(words)).then((list) => this.state.applySearch(words, list)) : Promise.resolve();
    return this.searching;
  }

  async loadOlder() {
    const { id, events } = this.state.open;
    this.state.applyOlder(id, (await this.guarded(api.events(id, events[0].seq))).events);
  }

  /** Entries of a conversation that goes on in the open one. */
  joinedEvents(id, before) {
    return this.guarded(api.events(id, before));
  }

  open(id) {
    if (this.state.open?.id === id) return;
    clearTimeout(this.detailTimer);
    this.state.openConversation(id);
    this.attention.say();
    if (id) this.refresh(id);
  }

  async refresh(id = this.state.open?.id) {
    if (!id || this.stopped) return;
    try {
      const detail = await this.guarded(api.conversation(id));
      this.state.applyDetail(id, detail);
      this.outbox.settle(id, this.state.lastShown(id));
    } catch (error) {
      this.state.applyDetailError(id, error.message);
    }
  }

  refreshSoon(pause = DETAIL_PAUSE) {
    clearTimeout(this.detailTimer);
    this.detailTimer = setTimeout(() => this.refresh(), pause);
  }

  welcomed(mode) {
    // A moment later the server knows that this desk is connected.
    this.peopleTimer = setTimeout(() => this.loadPeople(), 2500);
    if (mode === "reload") {
      this.state.restart();
      this.loadLists();
    } else this.guarded(api.read()).then(({ read }) => this.state.applyRead(read)).catch(() => {});
    if (mode === "reload" || this.state.open?.error) this.refreshSoon(0);
    this.outbox.flushAll();
    this.uploads.flushAll();
  }

  /** What is behind a list's cut is not followed: its number is asked for anew, not more often than this. */
  recount() {
    if (!Object.keys(this.state.cut).length || this.recounting) return;
    this.recounting = true;
    this.listTimer = setTimeout(() => {
      this.recounting = false;
      this.loadLists();
    }, RECOUNT);
  }

  changed(frame) {
    this.recount();
    const before = this.state.summary(frame.summary.id);
    this.state.applyChange(frame);
    if (before?.case !== frame.summary.case || (frame.summary.case && before?.revision !== frame.summary.revision)) this.loadCasesSoon();
    if (this.state.open?.id !== frame.summary.id) return;
    if (frame.event?.author?.kind === "human") this.outbox.matchEvent(frame.summary.id, frame.event);
    const after = frame.summary;
    const moved = !before || before.epoch !== after.epoch || before.case !== after.case || before.customer?.number !== after.customer?.number
      || before.deadline_at !== after.deadline_at || before.revision !== after.revision;
    const fetched = !frame.event && this.state.awaitsFiles();
    if (moved || fetched || frame.event?.files?.length || frame.event?.author?.kind === "bot") this.refreshSoon();
  }

  markOpenRead() {
    if (this.state.open && !document.hidden) this.state.markRead(this.state.open.id);
  }

  // --- acting ---------------------------------------------------------------------------------

  async claim(summary) {
    this.state.taking.add(summary.id);
    try {
      const answer = await this.guarded(api.claim(summary.id, summary.epoch));
      this.state.applyOwn(answer.summary);
      this.refreshSoon();
    } catch (error) {
      if (error.status === 409) this.refreshSoon(0);
      throw error;
    } finally {
      this.state.taking.delete(summary.id);
    }
  }

  /** Sends a template; throws an error that carries a sentence for the agent. */
  async useTemplate(id, body) {
    const answer = await this.guarded(api.template(id, body));
    this.refreshSoon();
    return answer;
  }

  async handback(id, words) {
    const answer = await this.guarded(api.handback(id, words)).catch((error) => {
      if (error.status === 409) this.refreshSoon(0);
      throw error;
    });
    this.state.applyOwn(answer.summary);
    this.refreshSoon();
  }

  /** One step of the desk's work on a conversation: transfer, invite, leave, close, case. */
  async act(id, verb, body) {
    if (verb === "close" || verb === "transfer") this.state.leaving.add(id);
    const answer = await this.guarded(api.act(id, verb, body)).catch((error) => {
      this.state.leaving.delete(id);
      if (error.status === 409 || error.status === 403) this.refreshSoon(0);
      throw error;
    });
    if (answer.summary) this.state.applyOwn(answer.summary);
    if (verb === "case") this.loadCasesSoon();
    this.refreshSoon(0);
  }

  async changeCase(number, change) {
    await this.guarded(api.changeCase(number, change));
    this.loadCasesSoon();
    this.refreshSoon(0);
  }

  /** A reply is held back for some seconds unless the agent has switched that off. */
  async sendReply(id, clientId, text) {
    if (!recall("undo", true)) return this.guarded(api.send(id, clientId, text));
    const { held, message } = await this.guarded(api.hold(id, clientId, text));
    if (message) return message;
    this.state.applyHeld(id, held);
    return { seq: 0 };
  }

  /** Takes a reply back; its text returns to the field. */
  async withdraw(id, held) {
    await this.guarded(api.withdraw(id, held.id)).catch((error) => {
      this.refreshSoon(0);
      throw error;
    });
    this.state.dropHeld((one) => one.id === held.id);
    const draft = this.outbox.draft(id);
    this.outbox.setDraft(id, draft.trim() ? `${held.text}\n\n${draft}` : held.text);
    this.state.emit("draft", id);
  }

  async sendNow(id, held) {
    await this.guarded(api.sendNow(id, held.id));
    this.refreshSoon(0);
  }

  async note(id, clientId, text) {
    await this.guarded(api.note(id, clientId, text));
    this.refreshSoon(0);
  }

  intents() {
    return this.guarded(api.intents());
  }

  /** Reports an answer of the bot as wrong; throws an error that carries a sentence for the agent. */
  async reportAnswer(id, report) {
    await this.guarded(api.reportAnswer(id, report));
    announce(say("desk_wrong_done"));
    this.refreshSoon(0);
  }

  async setAvailable(available) {
    await this.guarded(api.availability(available));
    await this.loadPeople();
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
    // Whoever signs in next on this computer finds nothing that was written here.
    this.outbox.forgetDrafts();
  }
}
