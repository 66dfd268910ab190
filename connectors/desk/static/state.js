/**
 * What the desk knows: conversations, the open one, who is typing, the connection.
 *
 * Guarantee: this is the only place that changes this state, and applying the stream's changes in
 * order gives the same state as fetching it afresh. A summary is replaced only by one from a later
 * stream position; events are kept by their gapless seq, each once. No DOM, no network.
 *
 * Listeners: on(topic, listener). Topics: "conversations", "open", "typing", "connection",
 * "arrival" (a conversation began to wait), "given" (one came to me, or I was
 * invited, without my doing), "wrote" (a customer wrote to me), "event" (the open thread grew), "answered" (a question was answered or put away), "lost" (the open conversation is another team's now), "gap" (an event of the open thread is missing), "read" (something was seen).
 */

/** A "typing" note is over after this time, whether or not an end is reported. */
const TYPING_LASTS = 6000;
/** Whoever looks at a conversation says so again and again; after this long without a word they do not. */
const LOOKING_LASTS = 45_000;

export class DeskState {
  constructor(agent) {
    this.agent = agent;
    this.position = 0;
    this.loaded = false;
    this.listError = null;
    /** id → {summary, position} */
    this.entries = new Map();
    this.open = null;
    this.connection = { state: "connecting", retryAt: null, since: Date.now() };
    this.typing = new Map();
    /** conversation → agent's id → {name, until} */
    this.looking = new Map();
    /** Open cases. For each list that the server cut: how many are not in it, and the last one that is. */
    this.cases = [];
    this.cut = {};
    /** What a search found, by its words: ids, or null while it is under way; and by id the entry that holds the words. */
    this.found = { words: "", ids: null };
    /** id → the newest seq this agent has had on screen, here or on another device. */
    this.read = {};
    /** Conversations that this page is just taking over. */
    this.taking = new Set();
    /** Conversations that this page is just giving away or closing: that they are not held any more is no news then. */
    this.leaving = new Set();
    this.listeners = new Map();
  }

  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, new Set());
    this.listeners.get(topic).add(listener);
    return () => this.listeners.get(topic).delete(listener);
  }

  emit(topic, detail) {
    for (const listener of this.listeners.get(topic) ?? []) listener(detail);
  }

  // --- conversations -----------------------------------------------------------------------

  summary(id) {
    return this.entries.get(id)?.summary ?? (this.open?.id === id ? this.open.summary : null) ?? null;
  }

  isMine(summary) {
    return summary?.holder === "agent" && summary.agent?.id === this.agent.id && !this.isLost(summary.id);
  }

  /** Whether the open conversation has become another team's: what is on screen is the last that was seen of it. */
  isLost(id) {
    return Boolean(this.open?.lost) && this.open.id === id;
  }

  /** A waiting request that was not looked at since its last entry, or something new in one that concerns me, but not my own word. */
  isUnread(summary) {
    if (summary.head_seq <= (this.read[summary.id] ?? 0)) return false;
    const { kind, name } = summary.last_author ?? {};
    return summary.holder === "queue" || (this.concernsMe(summary) && !(kind === "human" && name === this.agent.name));
  }

  countUnread(view) {
    return this.view(view).filter((one) => this.isUnread(one)).length;
  }

  /** Whether the customer has not said anything yet: only the bot's first words are there. */
  isSilent(summary) {
    return summary.holder === "bot" && summary.head_seq <= 1;
  }

  /** Whether I hold it, or read along as somebody invited. */
  concernsMe(summary) {
    return this.isMine(summary) || (summary.holder !== "closed" && (summary.invited ?? []).includes(this.agent.id));
  }

  /** The conversations of a view, in the order in which they need somebody. */
  view(name, filters = {}) {
    const all = [...this.entries.values()].map((entry) => entry.summary).filter((one) => this.passes(one, filters));
    if (filters.q) return all.filter((one) => this.found.ids?.has(one.id)).sort(byLatest);
    const { has, order, cutBy = order } = LISTS[name];
    const last = this.cut[name]?.last;
    // What another list happens to know from behind the cut would leave a gap before it.
    return all.filter((one) => has(one, this) && (!last || one.id === last.id || cutBy(one, last) < 0)).sort(order);
  }

  /** How many a view has, those that the server did not send included. */
  count(name) {
    return this.view(name).length + (this.cut[name]?.hidden ?? 0);
  }

  passes(summary, { channel, reason, team }) {
    return (!channel || summary.channel === channel) && (!reason || summary.reason?.code === reason) && (!team || summary.team === team);
  }

  applyCases(cases) {
    this.cases = cases;
    this.emit("conversations");
  }

  /** A search has its result: what it found is known from now on like everything listed. */
  applySearch(words, list) {
    if (this.found.words !== words) return;
    for (const summary of list.conversations) this.putSummary(summary, list.position);
    this.found = { words, ids: new Set(list.conversations.map((one) => one.id)), passages: list.passages };
    this.emit("conversations");
  }

  beginSearch(words) {
    this.found = { words, ids: null };
  }

  /** It belongs to another team now. */
  applyGone({ position, conversation }) {
    this.position = Math.max(this.position, position);
    const summary = this.summary(conversation);
    this.entries.delete(conversation);
    if (this.open?.id === conversation) {
      this.open = { ...this.open, summary: this.open.summary ?? summary, lost: true };
      this.emit("open");
      this.emit("lost", conversation);
    }
    this.emit("conversations");
  }

  /** The stream could not resume: whatever is known gives way to the lists that are fetched next. */
  restart() {
    for (const entry of this.entries.values()) entry.position = 0;
    this.position = 0;
  }

  /** Takes over lists fetched together. What is in none of them and not newer than them is gone. */
  applyLists(lists) {
    const cut = lists.filter((list) => list.total > list.conversations.length);
    this.cut = Object.fromEntries(cut.map((list) => [list.view, { hidden: list.total - list.conversations.length, last: list.conversations.at(-1) }]));
    const position = Math.min(...lists.map((list) => list.position));
    const listed = new Set();
    for (const list of lists) {
      for (const summary of list.conversations) {
        listed.add(summary.id);
        this.putSummary(summary, list.position);
      }
    }
    for (const [id, entry] of this.entries) if (!listed.has(id) && !this.found.ids?.has(id) && entry.position <= position) this.entries.delete(id);
    this.position = Math.max(this.position, position);
    this.loaded = true;
    this.listError = null;
    this.emit("conversations");
    this.emit("open");
    this.tellIfBehind();
  }

  applyListError(message) {
    this.listError = message;
    this.emit("conversations");
  }

  /** Applies one stream entry. */
  applyChange({ position, summary, event }) {
    const before = this.entries.get(summary.id)?.summary;
    this.position = Math.max(this.position, position);
    if (event && this.open?.id === summary.id) this.applyEvent(event, position);
    if (!this.putSummary(summary, position)) return;
    if (summary.holder === "queue" && before?.holder !== "queue") this.emit("arrival", summary);
    else if (this.concernsMe(summary) && !(before && this.concernsMe(before)) && !this.taking.has(summary.id)) this.emit("given", summary);
    else if (event?.author?.kind === "customer" && this.isMine(summary)) this.emit("wrote", summary);
    if (event?.author && event.kind === "message") this.clearTyping(summary.id, event.author.kind);
    this.emit("conversations");
    if (this.open?.id === summary.id) this.emit("open");
  }

  /** Takes a summary that an own request returned; the stream confirms it a moment later. */
  applyOwn(summary) {
    const entry = this.entries.get(summary.id);
    if (!entry || summary.epoch >= entry.summary.epoch) this.entries.set(summary.id, { summary, position: entry?.position ?? 0 });
    this.emit("conversations");
    this.emit("open");
  }

  putSummary(summary, position) {
    const entry = this.entries.get(summary.id);
    if (entry && entry.position > position) return false;
    this.entries.set(summary.id, { summary, position });
    return true;
  }

  markRead(id) {
    const seq = this.summary(id)?.head_seq ?? 0;
    if (seq <= (this.read[id] ?? 0)) return;
    this.read[id] = seq;
    this.emit("read");
    this.emit("conversations");
  }

  /** What the server knows to be read: on other devices, or here before the page was loaded. */
  applyRead(places) {
    for (const [id, seq] of Object.entries(places)) this.read[id] = Math.max(seq, this.read[id] ?? 0);
    this.emit("conversations");
  }

  // --- the open conversation ----------------------------------------------------------------

  /** Opens a conversation: first without content, then with what the server answered. */
  openConversation(id) {
    this.open = id ? { id, position: 0, events: [], detail: null, error: null } : null;
    this.emit("open");
  }

  applyDetail(id, detail) {
    if (this.open?.id !== id) return;
    if (detail.position >= (this.entries.get(id)?.position ?? 0)) this.putSummary(detail.summary, detail.position);
    const [first, last] = [detail.events[0]?.seq ?? 0, detail.events.at(-1)?.seq ?? 0];
    const newer = this.open.events.filter((event) => event.seq > last);
    // Older pages that were fetched stay, unless so much has come since that there would be a gap.
    const older = this.open.events.filter((event) => event.seq < first);
    const kept = older.at(-1)?.seq === first - 1 ? older : [];
    this.open = { id, position: detail.position, summary: detail.summary, events: [...kept, ...detail.events, ...newer], detail, error: null };
    this.emit("conversations");
    this.emit("open");
    this.tellIfBehind();
  }

  /**
   * The thread and the lists are read at different moments, and the stream begins at the lists': what was said between
   * the two, or while the thread was on its way, does not come by itself.
   */
  tellIfBehind() {
    if (!this.open?.detail) return;
    const shown = Math.max(this.open.detail.summary.head_seq, this.lastShown(this.open.id));
    if ((this.entries.get(this.open.id)?.summary.head_seq ?? 0) > shown) this.emit("gap", this.open.id);
  }

  /** The newest seq of the conversation's thread, 0 while it is not open. */
  lastShown(id) {
    return this.open?.id === id ? this.open.events.at(-1)?.seq ?? 0 : 0;
  }

  /** Whether a file of the open conversation is still being fetched. */
  awaitsFiles() {
    const states = new Map(this.open?.detail?.files.map((file) => [file.id, file.state]));
    return Boolean(this.open?.events.some((event) => event.files?.some((file) => (states.get(file.id) ?? file.state) === "pending")));
  }

  applyDetailError(id, message) {
    if (this.open?.id !== id) return;
    this.open = { ...this.open, error: message };
    this.emit("open");
  }

  applyEvent(event, position) {
    if (!this.open.detail) return;
    this.open.position = Math.max(this.open.position, position);
    const last = this.open.events.at(-1)?.seq ?? 0;
    if (event.seq <= last) return;
    if (event.seq > last + 1) this.emit("gap", this.open.id);
    this.open.events = [...this.open.events, event];
    if (event.author.kind === "human") this.dropHeld((one) => one.text === event.text && one.agent.name === event.author.name);
    this.emit("event", event);
  }

  /** Older entries that the agent asked for. */
  applyOlder(id, events) {
    if (this.open?.id !== id || !this.open.events.length) return;
    const first = this.open.events[0].seq;
    this.open.events = [...events.filter((event) => event.seq < first), ...this.open.events];
    this.emit("open");
  }

  /** A reply that the server holds back. */
  applyHeld(id, held) {
    if (this.open?.id !== id || !this.open.detail) return;
    this.open.detail.held = [...this.open.detail.held.filter((one) => one.id !== held.id), held];
    this.emit("open");
  }

  /** The first held reply for which this is true has become something else. */
  dropHeld(is) {
    const gone = this.open?.detail?.held.find(is);
    if (!gone) return;
    this.open.detail.held = this.open.detail.held.filter((one) => one !== gone);
    this.emit("open");
  }

  // --- typing, connection -------------------------------------------------------------------

  applyTyping({ conversation, author }) {
    if (!author || author.id === this.agent.id) return;
    clearTimeout(this.typing.get(conversation)?.timer);
    const timer = setTimeout(() => this.clearTyping(conversation), TYPING_LASTS);
    this.typing.set(conversation, { author, timer });
    this.emit("typing", conversation);
  }

  applyLooking({ conversation, author }) {
    if (author.id === this.agent.id) return;
    if (!this.looking.has(conversation)) this.looking.set(conversation, new Map());
    this.looking.get(conversation).set(author.id, { name: author.name, until: Date.now() + LOOKING_LASTS });
    this.emit("typing", conversation);
    // Whoever has gone says nothing: it is looked at again when their word is over.
    setTimeout(() => this.emit("typing", conversation), LOOKING_LASTS + 50);
  }

  /** Names of the colleagues who have this conversation on screen now, but of who types in it: that says more. */
  lookers(conversation) {
    const typing = this.typing.get(conversation)?.author.id;
    return [...(this.looking.get(conversation) ?? [])].filter(([id, one]) => one.until > Date.now() && id !== typing).map(([, one]) => one.name).sort();
  }

  clearTyping(conversation, kind = null) {
    const entry = this.typing.get(conversation);
    if (!entry || (kind && entry.author.kind !== kind)) return;
    clearTimeout(entry.timer);
    this.typing.delete(conversation);
    this.emit("typing", conversation);
  }

  setConnection(state, retryAt) {
    const down = this.connection.state !== "online";
    this.connection = { state, retryAt, since: down && state !== "online" ? this.connection.since : Date.now() };
    this.emit("connection");
  }
}

const instant = (text) => (text ? Date.parse(text) : Number.POSITIVE_INFINITY);
const ordered = (...differences) => differences.find((difference) => difference !== 0 && !Number.isNaN(difference)) ?? 0;

/** What was promised soonest comes first: when a person was to be there, else when it becomes a case. */
function byPromise(a, b) {
  return ordered(instant(a.promised_until ?? a.deadline_at) - instant(b.promised_until ?? b.deadline_at), instant(a.waiting_since) - instant(b.waiting_since), a.id < b.id ? -1 : 1);
}

/** Those in which the customer spoke last come first, the longest unanswered on top; then the others, latest first. */
function byNeed(a, b) {
  const asks = (one) => (one.last_author?.kind === "customer" ? 0 : 1);
  return ordered(asks(a) - asks(b), asks(a) === 0 ? byLatest(b, a) : byLatest(a, b));
}

function byLatest(a, b) {
  return ordered(instant(b.last_at) - instant(a.last_at), a.id < b.id ? -1 : 1);
}

/** What each list has, in which order, and by which order the server cuts it where that is another. */
const LISTS = {
  waiting: { has: (one) => one.holder === "queue", order: byPromise },
  mine: { has: (one, state) => state.concernsMe(one), order: byNeed, cutBy: byLatest },
  team: { has: (one, state) => one.holder !== "closed" && !state.isSilent(one), order: byLatest },
  closed: { has: (one) => one.holder === "closed", order: byLatest },
};
