/**
 * <klartext-widget>: the launcher and the panel, in an open shadow root, and what connects them to the conversation.
 *
 * Guarantee: no connection and nothing stored before the customer opens the panel, unless an earlier conversation is
 * there to resume. Whatever the customer sends is shown at once, as waiting, until the server has it.
 * On failure of the connection it says so, calmly, and everything that was written stays.
 */
import { colourRules } from "./colour.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { h, keptTogether, write } from "./dom.js";
import { Events } from "./events.js";
import { Files } from "./files.js";
import { Header } from "./header.js";
import { Launcher } from "./launcher.js";
import { Leave } from "./leave.js";
import { openRecord } from "./record.js";
import { Session } from "./session.js";
import { Stage } from "./stage.js";
import { StatusLine } from "./status.js";
import { styles } from "./styles.js";
import { Thread } from "./thread.js";
import { Transcript, transcript } from "./transcript.js";
import { fetchReasons } from "./why.js";
import { LANGUAGES, languageOrDefault, Wording } from "./wording.js";

const TOUCH = window.matchMedia("(pointer: coarse)");

export class KlartextWidget extends HTMLElement {
  /** The folder of the server's addresses, set before the element is defined. */
  static base = null;

  #built = false;
  #texts;
  #session;
  #connection;
  #events = new Events();
  #files;
  #open = false;
  #opener = null;
  #history = 0;
  #agentName = "";
  #unread = new Set();

  connectedCallback() {
    if (this.#built) return;
    this.#built = true;
    this.#build();
    this.#events.emit("ready");
  }

  /** Carries out a page's command, see docs/widget.md. An unknown one is named on the console and ignored. */
  command(name, ...values) {
    const commands = {
      open: () => this.#show(),
      close: () => this.#hide(),
      toggle: () => (this.#open ? this.#hide() : this.#show()),
      identify: () => this.#connection.identify(values[0], values[1]),
      reset: () => this.#reset(),
      setLocale: () => this.#setLanguage(languageOrDefault(values[0])),
      on: () => this.#events.on(values[0], values[1]),
    };
    if (Object.hasOwn(commands, name)) commands[name]();
    else console.warn(`klartext: there is no command "${name}".`);
  }

  get #pageLanguage() {
    const candidates = [this.dataset.language, document.documentElement.lang, navigator.language];
    return candidates.map(languageOrDefault).find(Boolean) || LANGUAGES[0];
  }

  #wording(language) {
    return new Wording(language, this.dataset.timeZone || "Europe/Berlin");
  }

  #build() {
    this.#session = new Session();
    this.#texts = this.#wording(this.#session.chosenLanguage(this.#pageLanguage) || this.#pageLanguage);
    this.#files = new Files(KlartextWidget.base, this.#session, {
      onProgress: (clientId, share) => this.thread.setProgress(clientId, share),
      onAck: (clientId) => this.thread.setPendingState(null, clientId),
      onRefused: (clientId, reason) => this.#refused(clientId, reason),
      texts: () => this.#texts,
    });
    this.#layOut();
    this.#connection = new Connection(KlartextWidget.base, this.#session, this.#texts.language, {
      onState: (state, code, over) => this.#showState(state, code, over),
      onWelcome: (welcome) => this.#welcome(welcome),
      onEvent: (event) => this.#event(event),
      onAck: (clientId) => this.thread.setPendingState(null, clientId),
      onRefused: (clientId) => this.thread.refuse(clientId),
      onError: (message) => this.status.say(message),
      onTyping: (author) => this.thread.setTyping(author),
      onSeen: (seq) => this.thread.setSeen(seq),
      onIdentified: (detail) => this.#events.emit("identified", detail),
      onFreshStart: () => this.#freshStart(),
    });
    this.#session.onChangeElsewhere({
      onOther: () => {
        this.#forgetShown();
        this.#connection.restart();
      },
      onReset: () => this.#endHere(),
      onRead: () => this.#seen(),
      onUnsent: (item) => {
        this.thread.addPending(item, "waiting");
        this.#connection.offerUnsent();
      },
    });
    for (const item of this.#session.unsent()) this.thread.addPending(item, "waiting");
    if (this.#session.token || this.#session.unsent().length) this.#connection.start();
  }

  #layOut() {
    const shadow = this.attachShadow({ mode: "open" });
    const { colour } = this.dataset;
    shadow.adoptedStyleSheets = styles(colour ? colourRules(colour) : "");
    const texts = this.#texts;
    this.launcher = new Launcher(texts, () => this.#show());
    this.launcher.show(!this.#startsHidden, false);
    this.panel = h("section", { id: "panel", class: "panel", role: "dialog", tabindex: "-1", hidden: true });
    this.panel.setAttribute("aria-labelledby", "title");
    this.panel.setAttribute("aria-describedby", "holder");
    this.panel.addEventListener("keydown", (event) => this.#key(event));
    this.stage = new Stage(this.panel, shadow);
    this.header = new Header(texts, { name: this.dataset.name, large: this.#session.large }, {
      onHuman: (title) => this.#send({ text: title, human: true }),
      onLanguage: () => this.#setLanguage(this.#texts.language === "de" ? "en" : "de"),
      onLarge: () => this.#toggleLarge(),
      onClose: () => this.#hide(),
    });
    this.thread = new Thread(texts, this.panel, {
      onChoose: (button, element) => this.#choose(button, element),
      onSeen: () => this.#seen(),
      why: (seq) => fetchReasons(KlartextWidget.base, this.#session, this.#texts.language, seq),
      files: {
        save: (file) => this.#files.save(file).catch(() => this.status.say(this.#texts.say("file_missing"))),
        draw: (file, canvas) => this.#files.drawWhenSeen(file, canvas),
      },
    });
    this.composer = new Composer(texts, {
      onSend: (text) => this.#send({ text }),
      onFiles: (files) => files.forEach((file) => this.#sendFile(file)),
      onTyping: () => this.#connection.typing(),
      announce: (text) => this.#announce(text),
    });
    this.composer.acceptDrops(this.panel);
    const closed = () => {
      this.composer.element.hidden = false;
      this.composer.focus();
    };
    this.leave = new Leave(texts, { base: KlartextWidget.base, session: this.#session, onClosed: closed });
    this.status = new StatusLine(texts, () => this.#connection.start());
    this.announcer = h("p", { class: "unseen", "aria-live": "polite" });
    this.greeting = h("p", { class: "greeting", dir: "auto" });
    this.phone = h("p", { class: "phone" });
    this.header.element.append(this.phone);
    this.thread.log.prepend(this.greeting);
    this.transcript = new Transcript(texts, this.panel, {
      text: () => transcript(this.thread.confirmed, this.#texts, this.dataset.name),
      announce: (text) => this.#announce(text),
    });
    this.thread.log.append(this.transcript.element);

    const end = h("div", { class: "end" }, this.thread.jump, this.thread.typing);
    const foot = h("div", { class: "foot" }, end, this.composer.element, this.leave.element);
    this.panel.append(this.header.element, this.status.element, this.thread.log, foot, this.announcer);
    // The chat's languages run from left to right, whatever the page's does; what people write has its own direction.
    this.root = h("div", { class: "root", dir: "ltr" }, this.launcher.element, this.panel);
    this.root.classList.toggle("left", this.dataset.position === "left");
    shadow.append(this.root);
    this.#relabel(texts);
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  get #startsHidden() {
    return this.dataset.hidden !== undefined;
  }

  #relabel(texts) {
    this.#texts = texts;
    this.root.lang = texts.language;
    this.root.classList.toggle("large-type", this.#session.large);
    const { greetingDe, greetingEn } = this.dataset;
    const greeting = (texts.language === "de" ? greetingDe : greetingEn) || "";
    this.greeting.hidden = !greeting;
    write(this.greeting, greeting);
    this.phone.hidden = !this.dataset.phone;
    if (this.dataset.phone) this.phone.replaceChildren(...this.#phoneLine(texts));
  }

  #phoneLine(texts) {
    const { phone, hoursDe, hoursEn } = this.dataset;
    const hours = texts.language === "de" ? hoursDe : hoursEn;
    const link = h("a", { href: `tel:${phone.replace(/[^+\d]/g, "")}`, text: phone });
    return [texts.say("phone"), " ", link, hours ? h("span", { class: "hours" }, keptTogether(hours)) : ""];
  }

  #setLanguage(language) {
    if (!language || language === this.#texts.language) return;
    const texts = this.#wording(language);
    this.#session.set({ language: { page: this.#pageLanguage, chosen: language } });
    this.#relabel(texts);
    const { launcher, header, status, thread, transcript: kept, composer, leave } = this;
    for (const part of [launcher, header, status, thread, kept, composer, leave]) part.relabel(texts);
    this.#connection.setLocale(language);
    this.#events.emit("locale", { language });
  }

  #toggleLarge() {
    const large = !this.#session.large;
    this.#session.set({ large });
    this.header.setLarge(large);
    this.thread.keepPlace(() => {
      this.root.classList.toggle("large-type", large);
      this.stage.follow();
    });
  }

  #show() {
    if (this.#open) return;
    this.#open = true;
    this.#opener = document.activeElement;
    this.launcher.show(false, true);
    this.stage.setOpen(true);
    this.#connection.start();
    this.thread.toEnd();
    // On a phone the keyboard would cover what the bot says first.
    if (TOUCH.matches) this.panel.focus({ preventScroll: true });
    else this.composer.focus();
    this.#events.emit("open");
  }

  #hide() {
    if (!this.#open) return;
    this.#open = false;
    this.stage.setOpen(false);
    this.launcher.show(!this.#startsHidden, false);
    const opener = this.#opener;
    if (opener && opener !== document.body && opener !== this && opener.isConnected) opener.focus();
    else this.launcher.element.focus();
    if (!this.#session.kept) this.#connection.stop();
    this.#events.emit("close");
  }

  /** This browser forgets the conversation, in every tab: for a page whose customer has logged out. */
  #reset() {
    this.#session.reset();
    this.#endHere();
  }

  #endHere() {
    this.#hide();
    this.#connection.forget();
    this.#forgetShown({ waiting: true });
    this.header.setHolder(null, "");
    this.#seen();
    this.#events.emit("reset");
  }

  #forgetShown({ waiting = false } = {}) {
    this.#agentName = "";
    this.#unread.clear();
    this.transcript.element.hidden = true;
    this.thread.clear({ waiting });
  }

  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    this.#hide();
  }

  #send({ text, payload = null, human = false }) {
    const item = this.#connection.send({ text, payload, human });
    this.thread.addPending(item, this.#connection.state === "open" ? "sending" : "waiting");
  }

  #sendFile(file) {
    const reason = this.#files.refusal(file);
    if (reason) this.status.say(`${file.name}: ${reason}`);
    else this.thread.addPending(this.#files.send(file), this.#connection.state === "open" ? "sending" : "waiting");
  }

  #refused(clientId, reason) {
    this.thread.refuse(clientId);
    this.status.say(reason);
  }

  #choose(button, element) {
    if (button.opens === "record") {
      openRecord(KlartextWidget.base, this.#session.token, this.#texts.language);
      return;
    }
    if (button.opens === "leave") {
      this.composer.element.hidden = true;
      this.leave.open();
      return;
    }
    const byKeyboard = element.matches(":focus-visible");
    this.#send({ text: button.title, payload: button.id });
    // The pressed button cannot be pressed again, so the focus goes where the conversation continues.
    if (byKeyboard && !TOUCH.matches) this.composer.focus();
    else this.thread.log.focus({ preventScroll: true });
  }

  #welcome({ holder, holderName, head, replaces, fresh, resumedFrom }) {
    if (replaces) this.thread.clearConfirmed();
    // What was said before this page was opened is shown, but not read aloud again.
    this.#history = !fresh && resumedFrom === 0 ? head : 0;
    if (this.#history) this.thread.log.setAttribute("aria-live", "off");
    if (fresh) this.#agentName = "";
    if (holderName) this.#agentName = holderName;
    this.#setHolder(holder);
  }

  #event(event) {
    const author = event.author || { kind: "system" };
    const current = !(event.seq <= this.#history);
    if (author.kind === "human" && author.name) this.#agentName = author.name;
    // Whoever takes over next is somebody else until a name says otherwise.
    if (event.holder && event.holder !== "agent") this.#agentName = "";
    if (event.holder === "agent" && event.holder_name) this.#agentName = event.holder_name;
    if (event.holder && current) this.#setHolder(event.holder);
    else if (author.kind === "human") this.header.setHolder(this.header.kind, this.#agentName);
    if (event.text) {
      this.thread.add(event, { follow: this.#open });
      if (author.kind === "customer") this.transcript.element.hidden = false;
      if (author.kind !== "customer" && event.seq > this.#session.read) this.#unread.add(event.seq);
      if (current) this.#events.emit("message", { author: author.kind, seq: event.seq, at: event.at });
    }
    if (event.seq === this.#history) this.#historyIsComplete();
    this.#seen();
  }

  #setHolder(holder) {
    const changed = this.header.kind !== holder;
    this.header.setHolder(holder, this.#agentName);
    if (!changed) return;
    // Whoever was writing does not hold the conversation any more.
    this.thread.setTyping(null);
    this.#events.emit("holder", { holder });
  }

  #historyIsComplete() {
    this.#history = 0;
    this.thread.silently(() => this.thread.toEnd());
    if (this.#open) this.#announce(this.#texts.say("history", { count: this.thread.length }));
  }

  #freshStart() {
    this.#agentName = "";
    this.#unread.clear();
    this.thread.endConversation(this.#texts.say("fresh_start"));
  }

  /** Tells the server what has been read: only when it was really in view. */
  #seen() {
    const inView = this.#open && document.visibilityState === "visible" && this.thread.atEnd;
    if (inView) {
      const { lastSeq } = this.#connection;
      if (lastSeq > this.#session.read) {
        this.#session.set({ read: lastSeq });
        this.#connection.read(lastSeq);
      }
    }
    for (const seq of this.#unread) if (inView || seq <= this.#session.read) this.#unread.delete(seq);
    const count = this.#unread.size;
    if (this.launcher.setUnread(count)) this.#events.emit("unread", { count });
  }

  #showState(state, code = 0, over = "socket") {
    this.#files.setOpen(state === "open");
    this.thread.setPendingState(state === "open" ? "sending" : "waiting");
    if (state !== "open") this.thread.setTyping(null);
    this.status.showState(state, code, this.thread.length > 0);
    this.#events.emit("connection", { state, over });
  }

  #announce(text) {
    this.announcer.textContent = "";
    setTimeout(() => (this.announcer.textContent = text), 100);
  }
}
