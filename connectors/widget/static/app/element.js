/**
 * <klartext-widget>: the launcher and the panel, in an open shadow root, and what connects them to the conversation.
 *
 * Guarantee: no connection and nothing stored before the customer opens the panel, unless an earlier conversation is
 * there to resume. Whatever the customer sends is shown at once, as waiting, until the server has it.
 * On failure of the texts the element stays empty and tries again; on failure of the connection it says so, calmly, and
 * everything that was written stays.
 */
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { authorMark, h } from "./dom.js";
import { Header } from "./header.js";
import { openRecord } from "./record.js";
import { Session } from "./session.js";
import { styles } from "./styles.js";
import { Thread } from "./thread.js";
import { LANGUAGES, languageOrDefault, load } from "./wording.js";

const BASE = new URL("../", import.meta.url);
const QUIET_FOR = 1_200;
const CONNECTED_FOR = 3_000;
const WORDING_AGAIN = 5_000;
// Visible height in CSS pixels under which the head gives room to the conversation.
const SHORT = 480;
const CLOSE_RATE = 4429;
const CLOSE_RESTART = 1012;
const PHONE = window.matchMedia("(max-width: 40rem), (max-height: 26rem)");
const TOUCH = window.matchMedia("(pointer: coarse)");

export class KlartextWidget extends HTMLElement {
  #ready = null;
  #texts;
  #session;
  #connection;
  #open = false;
  #opener = null;
  #statusTimer = 0;
  #wasInterrupted = false;
  #history = 0;
  #agentName = "";
  #unread = 0;
  #pageOverflow = "";

  connectedCallback() {
    this.#ready ??= this.#build();
  }

  /** One of open, close, toggle, setLocale(language), identify(user, signature). Anything else is named on the console and ignored. */
  command(name, ...values) {
    const commands = {
      open: () => this.#show(),
      close: () => this.#hide(),
      toggle: () => (this.#open ? this.#hide() : this.#show()),
      setLocale: () => this.#setLanguage(languageOrDefault(values[0])),
      identify: () => this.#connection.identify(values[0], values[1]),
    };
    if (Object.hasOwn(commands, name)) this.#ready.then(commands[name]);
    else console.warn(`klartext: there is no command "${name}".`);
  }

  get #pageLanguage() {
    const candidates = [this.dataset.language, document.documentElement.lang, navigator.language];
    return candidates.map(languageOrDefault).find(Boolean) || LANGUAGES[0];
  }

  get #timeZone() {
    return this.dataset.timeZone || "Europe/Berlin";
  }

  async #build() {
    this.#session = new Session();
    const language = this.#session.chosenLanguage(this.#pageLanguage) || this.#pageLanguage;
    this.#texts = await this.#firstTexts(language);
    this.#layOut();
    this.#connection = new Connection(BASE, this.#session, this.#texts.language, {
      onState: (state, code) => this.#showState(state, code),
      onWelcome: (welcome) => this.#welcome(welcome),
      onEvent: (event) => this.#event(event),
      onAck: (clientId) => this.thread.setPendingState(null, clientId),
      onRefused: (clientId) => this.thread.refuse(clientId),
      onError: (message) => this.#say(message),
      onTyping: (author) => this.thread.setTyping(author),
      onFreshStart: () => this.#freshStart(),
    });
    this.#session.onOtherConversation(() => {
      this.thread.clear();
      this.#connection.restart();
    });
    for (const item of this.#session.unsent()) this.thread.addPending(item, "waiting");
    if (this.#session.token || this.#session.unsent().length) this.#connection.start();
  }

  async #firstTexts(language) {
    for (;;) {
      try {
        return await load(BASE, language, this.#timeZone);
      } catch (error) {
        console.warn("klartext: the texts could not be loaded, trying again.", error);
        await new Promise((resolve) => setTimeout(resolve, WORDING_AGAIN));
      }
    }
  }

  #layOut() {
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styles()];
    const texts = this.#texts;
    this.launcherText = h("span", { class: "launcher-text" });
    this.launcherNote = h("span", { class: "launcher-note" });
    this.badge = h("span", { class: "badge", hidden: true });
    const words = h("span", { class: "launcher-words" }, this.launcherText, this.launcherNote);
    this.launcher = h("button", { type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "panel" });
    this.launcher.append(authorMark({ kind: "bot" }), words, this.badge);
    this.launcher.addEventListener("click", () => this.#show());

    this.panel = h("section", { id: "panel", class: "panel", role: "dialog", tabindex: "-1", hidden: true });
    this.panel.setAttribute("aria-labelledby", "title");
    this.panel.setAttribute("aria-describedby", "holder");
    this.panel.addEventListener("keydown", (event) => this.#key(event));

    this.header = new Header(texts, { name: this.dataset.name, large: this.#session.large }, {
      onHuman: (title) => this.#send({ text: title, human: true }),
      onLanguage: () => this.#setLanguage(this.#texts.language === "de" ? "en" : "de"),
      onLarge: () => this.#toggleLarge(),
      onClose: () => this.#hide(),
    });
    this.thread = new Thread(texts, this.panel, {
      onChoose: (button, element) => this.#choose(button, element),
      onSeen: () => this.#seen(),
    });
    this.composer = new Composer(texts, {
      onSend: (text) => this.#send({ text }),
      onTyping: () => this.#connection.typing(),
      announce: (text) => this.#announce(text),
    });
    this.statusText = h("span");
    this.retry = h("button", { type: "button", class: "retry", hidden: true, onclick: () => this.#connection.start() });
    this.status = h("div", { class: "status", role: "status" }, this.statusText, this.retry);
    this.announcer = h("p", { class: "unseen", "aria-live": "polite" });
    this.phone = this.dataset.phone ? h("p", { class: "phone" }) : null;
    if (this.phone) this.thread.log.prepend(this.phone);

    const end = h("div", { class: "end" }, this.thread.jump, this.thread.typing);
    this.panel.append(this.header.element, this.status, this.thread.log, end, this.composer.element, this.announcer);
    this.root = h("div", { class: "root" }, this.launcher, this.panel);
    shadow.append(this.root);
    this.#relabel(texts);
    this.#followVisibleArea();
    PHONE.addEventListener("change", () => this.#open && this.#coverPage(true));
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  #relabel(texts) {
    this.#texts = texts;
    this.root.lang = texts.language;
    this.root.classList.toggle("large-type", this.#session.large);
    this.launcherText.textContent = texts.say("launcher");
    this.launcherNote.textContent = texts.say("launcher_note");
    this.retry.textContent = texts.say("retry");
    if (this.phone) this.phone.replaceChildren(...this.#phoneLine(texts));
    this.#showUnread();
  }

  #phoneLine(texts) {
    const { phone, hoursDe, hoursEn } = this.dataset;
    const hours = texts.language === "de" ? hoursDe : hoursEn;
    const link = h("a", { href: `tel:${phone.replace(/[^+\d]/g, "")}`, text: phone });
    return [texts.say("phone"), " ", link, hours ? `, ${hours}` : ""];
  }

  async #setLanguage(language) {
    if (!language || language === this.#texts.language) return;
    let texts;
    try {
      texts = await load(BASE, language, this.#timeZone);
    } catch {
      this.#say(this.#texts.say("language_missing"));
      return;
    }
    this.#session.set({ language: { page: this.#pageLanguage, chosen: language } });
    this.#relabel(texts);
    for (const part of [this.header, this.thread, this.composer]) part.relabel(texts);
    this.#connection.setLocale(language);
    this.#showState(this.#connection.state);
  }

  #toggleLarge() {
    const large = !this.#session.large;
    this.#session.set({ large });
    this.header.setLarge(large);
    const { atEnd } = this.thread;
    this.root.classList.toggle("large-type", large);
    if (atEnd) this.thread.toEnd();
  }

  #show() {
    if (this.#open) return;
    this.#open = true;
    this.#opener = document.activeElement;
    this.panel.hidden = false;
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.#coverPage(true);
    this.#connection.start();
    this.#showState(this.#connection.state);
    this.thread.toEnd();
    // On a phone the keyboard would cover what the bot says first.
    if (TOUCH.matches) this.panel.focus({ preventScroll: true });
    else this.composer.focus();
  }

  #hide() {
    if (!this.#open) return;
    this.#open = false;
    this.panel.hidden = true;
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    this.#coverPage(false);
    const opener = this.#opener;
    if (opener && opener !== document.body && opener !== this && opener.isConnected) opener.focus();
    else this.launcher.focus();
    if (!this.#session.kept) this.#connection.stop();
  }

  /** Full screen on a phone: the page behind neither scrolls nor takes the focus. */
  #coverPage(covered) {
    const covers = covered && PHONE.matches;
    const page = document.documentElement;
    if (covers === (this.panel.getAttribute("aria-modal") === "true")) return;
    this.panel.setAttribute("aria-modal", String(covers));
    if (covers) this.#pageOverflow = page.style.overflow;
    page.style.overflow = covers ? "hidden" : this.#pageOverflow;
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      this.#hide();
    } else if (event.key === "Tab" && this.panel.getAttribute("aria-modal") === "true") {
      this.#keepFocusInside(event);
    }
  }

  #keepFocusInside(event) {
    const stops = [...this.panel.querySelectorAll("button, textarea, a[href], [tabindex='0']")].filter(
      (node) => !node.disabled && node.checkVisibility(),
    );
    const current = this.shadowRoot.activeElement;
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (current !== edge && current !== this.panel) return;
    if (current === this.panel && !event.shiftKey) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  #send({ text, payload = null, human = false }) {
    const item = this.#connection.send({ text, payload, human });
    this.thread.addPending(item, this.#connection.state === "open" ? "sending" : "waiting");
  }

  #choose(button, element) {
    if (button.opens === "record") {
      openRecord(BASE, this.#session.token, this.#texts.language);
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
    this.header.setHolder(holder, this.#agentName);
  }

  #event(event) {
    const author = event.author || { kind: "system" };
    if (author.kind === "human" && author.name) this.#agentName = author.name;
    // Whoever takes over next is somebody else until a name says otherwise.
    if (event.holder && event.holder !== "agent") this.#agentName = "";
    if (event.holder === "agent" && event.holder_name) this.#agentName = event.holder_name;
    const current = !(event.seq <= this.#history);
    if (event.holder && current) this.header.setHolder(event.holder, this.#agentName);
    else if (author.kind === "human") this.header.setHolder(this.header.kind, this.#agentName);
    if (event.text) {
      this.thread.add(event, { follow: this.#open });
      if (author.kind !== "customer" && event.seq > this.#session.read) this.#unread += 1;
    }
    if (event.seq === this.#history) this.#historyIsComplete();
    this.#seen(event.seq);
  }

  #historyIsComplete() {
    this.#history = 0;
    this.thread.silently(() => this.thread.toEnd());
    if (this.#open) this.#announce(this.#texts.say("history", { count: this.thread.length }));
  }

  #freshStart() {
    this.#agentName = "";
    this.#unread = 0;
    this.thread.endConversation(this.#texts.say("fresh_start"));
  }

  /** Tells the server what has been read: only when it was really in view. */
  #seen() {
    const inView = this.#open && document.visibilityState === "visible" && this.thread.atEnd;
    if (inView) {
      this.#unread = 0;
      const { lastSeq } = this.#connection;
      if (lastSeq > this.#session.read) {
        this.#session.set({ read: lastSeq });
        this.#connection.read(lastSeq);
      }
    }
    this.#showUnread();
  }

  #showUnread() {
    const count = this.#unread;
    this.badge.hidden = count === 0;
    this.badge.textContent = count > 9 ? "9+" : String(count);
    const unread = count === 1 ? "launcher_unread_one" : "launcher_unread_many";
    const words = [this.#texts.say("launcher"), this.#texts.say("launcher_note")];
    if (count) words.push(this.#texts.say(unread, { count }));
    this.launcher.setAttribute("aria-label", words.join(". "));
  }

  #showState(state, code = 0) {
    clearTimeout(this.#statusTimer);
    this.retry.hidden = state !== "refused";
    this.thread.setPendingState(state === "open" ? "sending" : "waiting");
    if (state === "open") {
      this.#setStatus(this.#wasInterrupted ? this.#texts.say("connected") : "");
      if (this.#wasInterrupted) this.#statusTimer = setTimeout(() => this.#setStatus(""), CONNECTED_FOR);
      this.#wasInterrupted = false;
      return;
    }
    if (state === "closed" || state === "paused") {
      this.#setStatus("");
      return;
    }
    const key = this.#stateKey(state, code);
    // A short interruption is no news.
    const wait = state === "offline" || state === "refused" || this.statusText.textContent ? 0 : QUIET_FOR;
    this.#statusTimer = setTimeout(() => {
      this.#wasInterrupted = true;
      this.#setStatus(this.#texts.say(key), true);
    }, wait);
  }

  #stateKey(state, code) {
    if (state === "offline" || state === "refused") return state;
    if (code === CLOSE_RATE) return "busy";
    if (code === CLOSE_RESTART) return "restart";
    return this.thread.length ? "reconnecting" : "connecting";
  }

  /** One calm line from the server, as long as nothing more important is there. */
  #say(text) {
    clearTimeout(this.#statusTimer);
    this.#setStatus(text, true);
    this.#statusTimer = setTimeout(() => this.#showState(this.#connection.state), 3 * CONNECTED_FOR);
  }

  #setStatus(text, notable = false) {
    this.status.classList.toggle("notable", notable);
    if (this.statusText.textContent !== text) this.statusText.textContent = text;
  }

  #announce(text) {
    this.announcer.textContent = "";
    setTimeout(() => (this.announcer.textContent = text), 100);
  }

  /** A phone's keyboard shrinks the visible area and not the page; the panel follows the visible area. */
  #followVisibleArea() {
    const area = window.visualViewport;
    if (!area) return;
    const follow = () => {
      if (area.scale > 1.01) return;
      this.panel.classList.toggle("short", area.height < SHORT);
      this.panel.style.setProperty("--visible-height", `${area.height}px`);
      this.panel.style.setProperty("--visible-top", `${area.offsetTop}px`);
    };
    area.addEventListener("resize", follow);
    area.addEventListener("scroll", follow);
    follow();
  }
}
