/**
 * The conversation as it is shown: confirmed messages in the order of their events, then the customer's own that still
 * wait, each once.
 *
 * Guarantee: what is read aloud is read once. A message that waits and is then confirmed stays the same entry; an older
 * history and a change of language are put in place silently.
 */
import { downIcon, h, write } from "./dom.js";
import { messageElement } from "./message.js";

const TYPING_FOR = 6_000;
const NEAR_END = 90;
const SAME_BREATH = 5 * 60_000;
const SAME_BURST = 1_500;

const sizeOf = ({ clientWidth, clientHeight }) => `${clientWidth} ${clientHeight}`;

const sameAuthor = (a, b) => a.author.kind === b.author.kind && a.author.name === b.author.name && a.kind === b.kind;

export class Thread {
  #texts;
  #handlers;
  #entries = [];
  #typing = null;
  #typingTimer = 0;
  #earlier = 0;
  #seen = 0;
  #pinned = true;
  #reading = null;
  #area = "";
  #size = "";
  #top = 0;
  #burst = { node: null, at: 0 };

  /** `handlers` has onChoose(button), why(seq), files with save(file) and draw(file, canvas), and onSeen(), which is called when the end of the conversation is in view. */
  constructor(texts, panel, handlers) {
    this.#handlers = handlers;
    this.panel = panel;
    this.list = h("div", { class: "list" });
    this.log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: "0" }, this.list);
    this.jumpText = h("span");
    this.jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.#jumped() }, downIcon(), this.jumpText);
    this.typing = h("p", { class: "typing", "aria-hidden": "true", hidden: true });
    for (const scroller of [this.log, panel]) scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A line of status, a growing text field, a phone's keyboard: whoever read the end keeps reading it.
    const observer = new ResizeObserver(() => this.#followArea());
    for (const scroller of [this.log, panel]) observer.observe(scroller);
    this.relabel(texts);
  }

  get length() {
    return this.#entries.length;
  }

  /** What the server has confirmed, oldest first. */
  get confirmed() {
    return this.#entries.filter((entry) => !entry.pending);
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Shows everything in another language, or for the first time. */
  relabel(texts) {
    this.#texts = texts;
    this.log.setAttribute("aria-label", texts.say("log"));
    write(this.jumpText, texts.say("new_messages"));
    this.#labelTyping();
    this.silently(() => {
      for (const entry of this.#entries) this.#draw(entry);
    });
  }

  /** Runs `change` so that a screen reader does not read the outcome aloud. */
  silently(change) {
    this.log.setAttribute("aria-live", "off");
    change();
    // The browser hands changes to assistive technology after this task.
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 400);
  }

  /** Forgets what the server confirmed in this conversation, except `spared`; what waits stays, and what is over. */
  clearConfirmed(spared = null) {
    const kept = this.#entries.filter((entry, place) => entry.pending || entry === spared || place < this.#earlier);
    for (const entry of this.#entries) if (!kept.includes(entry)) entry.node.remove();
    this.#entries = kept;
  }

  /** Forgets the conversations before this one, too, and with `waiting` what the server has not confirmed. */
  clear({ waiting = false } = {}) {
    this.#earlier = this.#seen = 0;
    if (waiting) for (const entry of this.#entries) entry.pending = false;
    this.clearConfirmed();
  }

  /**
   * The conversation cannot be opened any more, perhaps because it was erased: nothing of it stays on screen but the
   * system's last word, which may say so, and `text`.
   */
  endConversation(text) {
    const last = this.confirmed.at(-1);
    this.#earlier = 0;
    this.clearConfirmed(last?.kind === "notice" ? last : null);
    const at = new Date().toISOString();
    this.#insert({ author: { kind: "system" }, kind: "notice", text, at, buttons: [], sources: [] });
    this.#earlier = this.#firstPending();
    this.#seen = 0;
  }

  /** A message of the server. Its own waiting entry, if there is one, takes it over. */
  add(event, { follow = true } = {}) {
    const entry = {
      seq: event.seq,
      author: event.author || { kind: "system" },
      kind: event.kind === "message" ? "message" : "notice",
      text: event.text || "",
      at: event.at,
      buttons: event.buttons || [],
      sources: event.sources || [],
      case: event.case || null,
      files: event.files || [],
      clientId: event.client_id || null,
    };
    if (this.#typing && this.#typing.kind === entry.author.kind) this.setTyping(null);
    const waiting = entry.clientId && this.#entries.find((other) => other.pending && other.clientId === entry.clientId);
    if (waiting) this.#confirm(waiting, entry);
    else this.#insert(entry, follow);
    if (entry.seq <= this.#seen) this.#markSeen();
  }

  /** A message of the customer that the server has not confirmed yet. */
  addPending(item, state) {
    if (this.#entries.some((entry) => entry.clientId === item.client_id)) return;
    const at = new Date(item.at).toISOString();
    this.#insert({
      ...{ pending: true, clientId: item.client_id, author: { kind: "customer" }, kind: "message", text: item.text },
      ...{ at, state, buttons: [], sources: [] },
      files: item.file ? [{ name: item.file.name, size: item.file.size, state: "sending", progress: 0 }] : [],
    });
    this.toEnd();
  }

  /** `state` is "waiting", "sending" or null. What was refused stays refused. */
  setPendingState(state, clientId = null) {
    for (const entry of this.#entries) {
      if (!entry.pending || entry.state === "refused") continue;
      if ((clientId && entry.clientId !== clientId) || entry.state === state) continue;
      if (!clientId && entry.acknowledged) continue;
      entry.acknowledged = state === null;
      entry.state = state;
      this.silently(() => this.#draw(entry));
    }
  }

  /** How much of a waiting file is there, from 0 to 1. */
  setProgress(clientId, share) {
    const entry = this.#entries.find((other) => other.pending && other.clientId === clientId);
    if (!entry) return;
    entry.files[0].progress = share;
    entry.node.querySelector("progress").value = share;
  }

  /** A person has had everything up to `seq` on screen: the customer's newest message there says so. */
  setSeen(seq) {
    this.#seen = seq;
    this.silently(() => this.#markSeen());
  }

  #markSeen() {
    const seen = this.#entries.slice(this.#earlier).filter((entry) => entry.author.kind === "customer" && entry.seq && entry.seq <= this.#seen);
    for (const entry of this.#entries) {
      const state = entry === seen.at(-1) ? "seen" : null;
      if (entry.pending || (entry.state ?? null) === state) continue;
      entry.state = state;
      this.#draw(entry);
    }
  }

  refuse(clientId) {
    this.setPendingState("refused", clientId);
  }

  setTyping(author) {
    clearTimeout(this.#typingTimer);
    this.#typing = author;
    this.#labelTyping();
    if (author) this.#typingTimer = setTimeout(() => this.setTyping(null), TYPING_FOR);
  }

  /** Runs `change`, which makes everything larger or smaller; who was reading has the same message before them. */
  keepPlace(change) {
    const { atEnd } = this;
    const reading = this.#place();
    change();
    if (atEnd) this.toEnd();
    else this.#returnTo(reading);
  }

  /** What stands first before the reader's eyes, and how far from the top. */
  #place() {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { node } = this.#entries[middle];
      if (this.#distance(node) + node.offsetHeight > 1) high = middle;
      else low = middle + 1;
    }
    const entry = this.#entries[low];
    return entry ? { entry, distance: this.#distance(entry.node) } : null;
  }

  #distance(node) {
    return node.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top - this.#covered;
  }

  #returnTo(reading) {
    if (!reading?.entry.node.isConnected) return;
    this.#scrollTo(this.#scroller.scrollTop + this.#distance(reading.entry.node) - reading.distance);
  }

  toEnd() {
    this.#burst = { node: null, at: 0 };
    this.#scrollTo(Infinity);
    this.jump.hidden = true;
    this.#handlers.onSeen();
  }

  /** The button is gone then, so the focus goes to what it led to. */
  #jumped() {
    this.toEnd();
    this.log.focus({ preventScroll: true });
  }

  get #scroller() {
    return this.log.scrollHeight > this.log.clientHeight + 1 ? this.log : this.panel;
  }

  /**
   * Only for another area: where the panel scrolls, the log grows with each message, which is no reason to pass it. In
   * another area, as of a phone that was turned, the lines break anew: the same message stays before the reader.
   */
  #followArea() {
    this.#size = sizeOf(this.panel);
    const area = sizeOf(this.#scroller);
    if (area === this.#area) return;
    this.#area = area;
    if (this.#pinned) this.#scrollTo(Infinity);
    else this.#returnTo(this.#reading);
  }

  /** Pixels at the top that the way to a person and the line of status stand over, where little height is left. */
  get #covered() {
    const bars = [...this.panel.querySelectorAll(".tools, .status")];
    return bars.reduce((sum, bar) => sum + (getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0), 0);
  }

  #labelTyping() {
    const author = this.#typing;
    this.typing.hidden = !author;
    if (!author) return;
    const key = author.kind === "human" ? (author.name ? "typing_human" : "typing_human_nameless") : "typing_bot";
    write(this.typing, this.#texts.say(key, { name: author.name }));
  }

  #confirm(waiting, entry) {
    const { node } = waiting;
    const place = this.#entries.indexOf(waiting);
    this.#entries.splice(place, 1);
    const confirmed = this.#firstPending();
    this.#entries.splice(confirmed, 0, entry);
    entry.node = node;
    this.silently(() => {
      if (place !== confirmed) this.list.insertBefore(node, this.#nodeAt(confirmed + 1));
      this.#draw(entry);
    });
    this.#refreshButtons();
  }

  #insert(entry, follow = true) {
    const stay = !this.atEnd;
    const place = entry.pending ? this.#entries.length : this.#firstPending();
    const before = this.#nodeAt(place);
    this.#entries.splice(place, 0, entry);
    this.#draw(entry, before);
    this.#refreshButtons();
    if (!follow) return;
    const inBurst = this.#burst.node && Date.now() - this.#burst.at < SAME_BURST;
    if (stay && !inBurst) this.jump.hidden = entry.author.kind === "customer";
    else this.#show(entry.node);
  }

  #firstPending() {
    const place = this.#entries.findIndex((entry) => entry.pending && entry.state !== "refused");
    return place === -1 ? this.#entries.length : place;
  }

  #nodeAt(place) {
    return this.#entries[place]?.node || null;
  }

  #draw(entry, before = null) {
    const place = this.#entries.indexOf(entry);
    const earlier = this.#entries[place - 1];
    const continued =
      earlier && sameAuthor(earlier, entry) && Math.abs(new Date(entry.at) - new Date(earlier.at)) < SAME_BREATH;
    const node = messageElement(entry, {
      active: place === this.#entries.length - 1,
      continued,
      texts: this.#texts,
      onChoose: (button, element) => this.#handlers.onChoose(button, element),
      files: this.#handlers.files,
      why: (seq) => this.#handlers.why(seq),
    });
    if (entry.node) entry.node.replaceWith(node);
    else this.list.insertBefore(node, before);
    entry.node = node;
  }

  /** Only the newest message offers choices: an older question has been answered or overtaken. */
  #refreshButtons() {
    this.#entries.forEach((entry, place) => {
      const active = place === this.#entries.length - 1 && place >= this.#earlier;
      for (const button of entry.node.querySelectorAll(".choices button")) button.disabled = !active;
    });
  }

  /** To the end, but never past the beginning of what is new: a burst of messages is read from its first one. */
  #show(node) {
    const now = Date.now();
    if (now - this.#burst.at > SAME_BURST || !this.#burst.node?.isConnected) this.#burst.node = node;
    this.#burst.at = now;
    const scroller = this.#scroller;
    const first = this.#burst.node;
    const withGreeting = scroller === this.log && first === this.list.firstElementChild;
    const top = first.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop - 12;
    this.#scrollTo(withGreeting ? 0 : top - this.#covered);
    this.jump.hidden = this.atEnd || first === node;
    this.#handlers.onSeen();
  }

  #scrollTo(top) {
    const scroller = this.#scroller;
    scroller.scrollTop = Math.min(scroller.scrollHeight - scroller.clientHeight, top);
    this.#top = scroller.scrollTop;
    this.#notePlace();
  }

  #notePlace() {
    this.#pinned = this.atEnd;
    this.#reading = this.#pinned ? null : this.#place();
  }

  #scrolled() {
    // The browser's own doing in a panel of another size: where it was read before is not forgotten for it.
    if (sizeOf(this.panel) !== this.#size) return;
    // Whoever scrolls reads on by themselves: a burst does not move them any more.
    if (Math.abs(this.#scroller.scrollTop - this.#top) > 1) this.#burst = { node: null, at: 0 };
    this.#notePlace();
    if (!this.#pinned) return;
    this.jump.hidden = true;
    this.#handlers.onSeen();
  }
}
