/**
 * The conversation's line to the server, version 1: a socket, or HTTP where sockets do not get through.
 *
 * Guarantee: every message given to `send` is offered to the server, in order and always under the same client id, until
 * the server has acknowledged or refused it; every event is handed on once and in the order of its seq, whichever line
 * it came over. The token never travels in an address.
 * On failure the line is opened again after a random wait (full jitter), and `onState` says what is the matter. A socket
 * that was never welcomed is followed by HTTP and the other way round, so whichever gets through is found without
 * asking; over HTTP a socket is tried again from time to time. Only a refusal without a token (4401) ends the attempts.
 */
import { newClientId } from "./ids.js";
import { PollingLine } from "./polling_line.js";
import { SocketLine } from "./socket_line.js";

const WELCOME_WITHIN = 10_000;
const PING_AFTER = 25_000;
const PONG_WITHIN = 8_000;
const DOUBTFUL_PONG_WITHIN = 2_500;
const STABLE_AFTER = 10_000;
const BACKOFF_BASE = 600;
const BACKOFF_LIMIT = 30_000;
const RATE_PAUSE = 8_000;
const IN_FLIGHT_LIMIT = 4;
const TYPING_EVERY = 3_000;
const SOCKET_AGAIN = 60_000;
const SOCKET_AGAIN_LIMIT = 900_000;

const NEXT_SECOND = 1_100;
const LOGIN_PATIENCE = 3_000;

const CLOSE_AUTHENTICATION = 4401;
const CLOSE_RATE = 4429;
const CLOSE_RESTART = 1012;
const CLOSE_LOST = 1006;

/** Error codes after which offering the same message again later makes sense; any other code refuses it for good. */
const PASSING_ERRORS = new Set(["rate", "unavailable", "internal", "expired"]);

/** Error codes after which giving the same login again makes no sense. */
const REFUSED_LOGIN = new Set(["identify_signature", "identify_expired", "identify_used", "identify_unknown"]);

export class Connection {
  #base;
  #session;
  #listener;
  #line = null;
  #welcomed = false;
  #polls;
  #socketAgain = SOCKET_AGAIN;
  #socketTimer = 0;
  #state = "closed";
  #attempt = 0;
  #lastSeq = 0;
  #humanId = null;
  #locale;
  #inFlight = new Set();
  #retryTimer = 0;
  #welcomeTimer = 0;
  #stableTimer = 0;
  #heard = 0;
  #silenceTimer = 0;
  #ackPending = false;
  #typedAt = 0;
  // Who is logged in at the portal, and the conversation that knows it already.
  #login = null;
  #knownIn = null;
  #loginTimer = 0;

  /** `listener` has onState, onWelcome, onEvent, onAck, onRefused, onError, onTyping, onSeen, onIdentified and onFreshStart. */
  constructor(base, session, locale, listener) {
    this.#base = base;
    this.#session = session;
    this.#polls = session.polls;
    this.#locale = locale;
    this.#listener = listener;
    setInterval(() => this.#checkAlive(), 5_000);
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("offline", () => this.#ping(DOUBTFUL_PONG_WITHIN));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
    // An open socket would keep the page out of the browser's back-forward cache.
    window.addEventListener("pagehide", () => this.#wanted && this.#lose(1001, { again: false }));
    window.addEventListener("pageshow", (event) => event.persisted && this.#state === "paused" && this.#open());
  }

  get state() {
    return this.#state;
  }

  /** The newest event received. */
  get lastSeq() {
    return this.#lastSeq;
  }

  get #wanted() {
    return this.#state !== "closed" && this.#state !== "refused" && this.#state !== "paused";
  }

  start() {
    if (!this.#wanted) this.#open();
  }

  stop() {
    if (this.#state === "closed") return;
    this.#abandon();
    this.#setState("closed");
  }

  /** The conversation and the portal's login are forgotten; the next start begins afresh. */
  forget() {
    this.stop();
    this.#lastSeq = 0;
    this.#login = this.#knownIn = this.#humanId = null;
    clearTimeout(this.#loginTimer);
    this.#loginTimer = 0;
  }

  /** Offers what waits, also what another tab left. */
  offerUnsent() {
    this.start();
    this.#pump();
  }

  /** Another conversation, with everything from its beginning. */
  restart() {
    this.#abandon();
    this.#lastSeq = 0;
    this.#open();
  }

  /** Something got better (back online, page visible again): try now, or make sure that the line is alive. */
  hurry() {
    if (this.#state === "waiting" || this.#state === "offline") this.#open();
    else this.#ping(DOUBTFUL_PONG_WITHIN);
  }

  setLocale(locale) {
    this.#locale = locale;
    if (this.#state === "open") this.#tellLocale();
  }

  /** Queues a message; returns it with its client id. `human` stands for the button that asks for a person. */
  send({ text, payload = null, human = false }) {
    const at = performance.timeOrigin + performance.now();
    const item = { client_id: newClientId(), text, payload, human, at };
    this.#session.addUnsent(item);
    // With the message the word that somebody types is over: the next one typed is told of at once.
    this.#typedAt = 0;
    this.#pump();
    return item;
  }

  /** Hands on the portal's login: now, or once there is a conversation. `signature` may be a function that fetches it. */
  identify(user, signature) {
    this.#login = { user: String(user), signature };
    this.#knownIn = null;
    this.#tellLogin();
  }

  typing() {
    if (this.#state !== "open" || Date.now() - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = Date.now();
    this.#frame({ type: "typing" });
  }

  read(seq) {
    if (this.#state === "open") this.#frame({ type: "read", seq });
  }

  #open() {
    clearTimeout(this.#retryTimer);
    if (navigator.onLine === false) {
      this.#setState("offline");
      this.#retryTimer = setTimeout(() => this.#open(), BACKOFF_LIMIT);
      return;
    }
    this.#setState("connecting");
    const { token } = this.#session;
    const Line = this.#polls ? PollingLine : SocketLine;
    const hello = { type: "hello", v: 1, token, last_seq: this.#lastSeq, locale: this.#locale };
    this.#welcomed = false;
    this.#welcomeTimer = setTimeout(() => this.#lose(CLOSE_LOST), WELCOME_WITHIN);
    this.#line = new Line(this.#base, hello, {
      onFrame: (frame) => this.#receive(frame),
      onClosed: (code) => this.#lose(code, { hadToken: Boolean(token) || this.#welcomed }),
    });
  }

  #abandon() {
    const line = this.#line;
    this.#line = null;
    [this.#retryTimer, this.#welcomeTimer, this.#stableTimer, this.#socketTimer].forEach(clearTimeout);
    this.#inFlight.clear();
    this.#stopListening();
    if (line) line.close();
  }

  #lose(code, { again = true, hadToken = false } = {}) {
    const blocked = code === CLOSE_LOST && this.#line && !this.#welcomed;
    this.#abandon();
    if (!again) {
      this.#setState("paused");
      return;
    }
    if (code === CLOSE_AUTHENTICATION) {
      this.#afterRefusal(hadToken);
      return;
    }
    // What never got through may get through the other way.
    if (blocked) this.#polls = !this.#polls;
    this.#retryTimer = setTimeout(() => this.#open(), blocked && this.#polls ? 0 : this.#waitAfter(code));
    this.#setState(navigator.onLine === false ? "offline" : "waiting", code);
  }

  /** Over HTTP: tries, ever more rarely, whether a socket gets through by now, without giving up what works. */
  #trySocketLater() {
    this.#socketTimer = setTimeout(() => {
      this.#socketAgain = Math.min(SOCKET_AGAIN_LIMIT, 2 * this.#socketAgain);
      const url = new URL("ws", this.#base);
      url.protocol = url.protocol.replace("http", "ws");
      const trial = new WebSocket(url);
      trial.onopen = () => {
        trial.close();
        if (this.#state !== "open" || !this.#polls) return;
        this.#abandon();
        this.#polls = false;
        this.#open();
      };
      trial.onerror = () => this.#state === "open" && this.#polls && this.#trySocketLater();
    }, this.#socketAgain);
  }

  #afterRefusal(hadToken) {
    if (!hadToken) {
      this.#setState("refused");
      return;
    }
    this.#session.forgetConversation();
    this.#lastSeq = 0;
    // Buttons belong to the conversation that issued them. Their titles go to the new one as text.
    for (const item of this.#session.unsent()) this.#session.addUnsent({ ...item, payload: null });
    this.#listener.onFreshStart();
    this.#open();
  }

  #waitAfter(code) {
    if (code === CLOSE_RESTART) {
      this.#attempt = 0;
      return 300 + Math.random() * 2_000;
    }
    if (code === CLOSE_RATE) return RATE_PAUSE * (1 + Math.random());
    const limit = Math.min(BACKOFF_LIMIT, BACKOFF_BASE * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.random() * limit;
  }

  #receive(frame) {
    this.#heard = Date.now();
    this.#stopListening();
    switch (frame.type) {
      case "welcome":
        return this.#welcome(frame);
      case "event":
        return this.#event(frame);
      case "ack":
        return this.#acknowledged(frame);
      case "error":
        return this.#error(frame);
      case "identified":
        this.#knownIn = this.#session.conversation;
        this.#loginSettled();
        return this.#listener.onIdentified({ accepted: true });
      case "seen":
        return this.#listener.onSeen(frame.seq);
      case "typing":
        return this.#listener.onTyping(frame.author);
      case "ping":
        return this.#frame({ type: "pong" });
    }
  }

  #welcome(frame) {
    clearTimeout(this.#welcomeTimer);
    this.#stableTimer = setTimeout(() => (this.#attempt = 0), STABLE_AFTER);
    this.#welcomed = true;
    if (this.#polls) this.#trySocketLater();
    const fresh = this.#session.conversation !== frame.conversation;
    const replaces = frame.mode === "snapshot";
    if (replaces) this.#lastSeq = 0;
    const resumedFrom = this.#lastSeq;
    this.#humanId = frame.human || null;
    this.#session.set({ token: frame.token, conversation: frame.conversation, polls: this.#polls });
    if (fresh) this.#session.set({ read: 0, locale: this.#locale });
    const { holder, holder_name: holderName, head_seq: head } = frame;
    this.#listener.onWelcome({ holder, holderName, head, replaces, fresh, resumedFrom });
    if (frame.seen) this.#listener.onSeen(frame.seen);
    this.#setState("open");
    // What was read while nothing could be told, or was lost with the line.
    if (this.#session.read > frame.read) this.read(this.#session.read);
    this.#tellLocale();
    this.#tellLogin();
    this.#pump();
  }

  /**
   * Once for each conversation. A login that is refused is not tried again before the page gives another. What the
   * customer writes meanwhile waits, but not for long: it is asked by whoever is logged in.
   */
  async #tellLogin() {
    const login = this.#login;
    if (this.#state !== "open" || !login || this.#knownIn === this.#session.conversation) return;
    clearTimeout(this.#loginTimer);
    this.#loginTimer = setTimeout(() => this.#loginSettled(), LOGIN_PATIENCE);
    try {
      const signature = typeof login.signature === "function" ? await login.signature() : login.signature;
      if (login === this.#login) this.#frame({ type: "identify", user: login.user, signature: String(signature) });
    } catch (error) {
      console.warn("klartext: the portal's signature could not be fetched.", error);
      this.#loginSettled();
    }
  }

  #loginSettled() {
    clearTimeout(this.#loginTimer);
    this.#loginTimer = 0;
    this.#pump();
  }

  /** The conversation follows the language that the customer sees around it. */
  #tellLocale() {
    if (this.#session.locale === this.#locale) return;
    this.#session.set({ locale: this.#locale });
    this.#frame({ type: "locale", locale: this.#locale });
  }

  #event(frame) {
    if (Number.isInteger(frame.seq)) {
      if (frame.seq <= this.#lastSeq) return;
      this.#lastSeq = frame.seq;
      this.#acknowledge();
    }
    if (frame.client_id) this.#settle(frame.client_id);
    this.#listener.onEvent(frame);
  }

  #acknowledged({ client_id: clientId }) {
    this.#settle(clientId);
    this.#listener.onAck(clientId);
  }

  #error({ client_id: clientId, code, message }) {
    if (code === "identify_used" && typeof this.#login?.signature === "function" && !this.#login.again) {
      // Begun twice within one second, which both signatures name: what is signed in the next one is another.
      this.#login.again = true;
      setTimeout(() => this.#tellLogin(), NEXT_SECOND);
      return;
    }
    if (REFUSED_LOGIN.has(code)) {
      console.warn(`klartext: ${code}`);
      this.#login = null;
      this.#listener.onIdentified({ accepted: false, code });
    }
    if (code.startsWith("identify_")) this.#loginSettled();
    if (clientId && PASSING_ERRORS.has(code)) {
      setTimeout(() => this.#inFlight.delete(clientId) && this.#pump(), RATE_PAUSE * Math.random());
    } else if (clientId) {
      this.#settle(clientId);
      this.#listener.onRefused(clientId);
    }
    this.#listener.onError(message);
  }

  #settle(clientId) {
    this.#inFlight.delete(clientId);
    this.#session.dropUnsent(clientId);
    this.#pump();
  }

  /** Offers unsent messages in order, a few at a time, so that a long queue does not look like a flood. */
  #pump() {
    if (this.#state !== "open" || this.#loginTimer) return;
    for (const item of this.#session.unsent()) {
      if (this.#inFlight.size >= IN_FLIGHT_LIMIT) return;
      if (this.#inFlight.has(item.client_id)) continue;
      this.#inFlight.add(item.client_id);
      const payload = item.human ? this.#humanId : item.payload;
      this.#frame({ type: "msg", client_id: item.client_id, text: item.text, ...(payload && { payload }) });
      this.#listenFor(PONG_WITHIN);
    }
  }

  /** One acknowledgement for all events of the same moment. */
  #acknowledge() {
    if (this.#ackPending) return;
    this.#ackPending = true;
    setTimeout(() => {
      this.#ackPending = false;
      if (this.#state === "open") this.#frame({ type: "ack", seq: this.#lastSeq });
    }, 50);
  }

  #checkAlive() {
    if (Date.now() - this.#heard > PING_AFTER) this.#ping(PONG_WITHIN);
  }

  #ping(within) {
    if (this.#state !== "open") return;
    this.#frame({ type: "ping" });
    this.#listenFor(within);
  }

  /** A line on which nothing comes within so many milliseconds is dead, whatever the socket says. */
  #listenFor(milliseconds) {
    if (!this.#silenceTimer) this.#silenceTimer = setTimeout(() => this.#lose(CLOSE_LOST), milliseconds);
  }

  #stopListening() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = 0;
  }

  #frame(frame) {
    if (this.#line) this.#line.send(frame);
  }

  #setState(state, code = 0) {
    this.#state = state;
    this.#listener.onState(state, code, this.#polls ? "http" : "socket");
  }
}
