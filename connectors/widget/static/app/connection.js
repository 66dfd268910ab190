/**
 * The widget socket, version 1.
 *
 * Guarantee: every message given to `send` is offered to the server, in order and always under the same client id, until
 * the server has acknowledged or refused it; every event is handed on once and in the order of its seq. The token
 * travels in the first frame only.
 * On failure the socket is opened again after a random wait (full jitter), and says through `onState` what is the
 * matter. Only a refusal without a token (4401) ends the attempts.
 */

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

const CLOSE_AUTHENTICATION = 4401;
const CLOSE_RATE = 4429;
const CLOSE_RESTART = 1012;

/** Error codes after which offering the same message again later makes sense; any other code refuses it for good. */
const PASSING_ERRORS = new Set(["rate", "unavailable", "internal", "expired"]);

/** Error codes after which giving the same login again makes no sense. */
const REFUSED_LOGIN = new Set(["identify_signature", "identify_expired", "identify_used", "identify_unknown"]);

function newClientId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Connection {
  #url;
  #session;
  #listener;
  #socket = null;
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

  /** `listener` has onState, onWelcome, onEvent, onAck, onRefused, onError, onTyping and onFreshStart. */
  constructor(base, session, locale, listener) {
    const url = new URL("ws", base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url.href;
    this.#session = session;
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
    const now = Date.now();
    if (this.#state !== "open" || now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
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
    const socket = new WebSocket(this.#url);
    const { token } = this.#session;
    this.#socket = socket;
    this.#welcomeTimer = setTimeout(() => this.#lose(1006), WELCOME_WITHIN);
    socket.onopen = () =>
      this.#frame({ type: "hello", v: 1, token, last_seq: this.#lastSeq, locale: this.#locale });
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#lose(code, { hadToken: Boolean(token) });
  }

  #abandon() {
    const socket = this.#socket;
    this.#socket = null;
    [this.#retryTimer, this.#welcomeTimer, this.#stableTimer].forEach(clearTimeout);
    this.#inFlight.clear();
    this.#stopListening();
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #lose(code, { again = true, hadToken = false } = {}) {
    this.#abandon();
    if (!again) {
      this.#setState("paused");
      return;
    }
    if (code === CLOSE_AUTHENTICATION) {
      this.#afterRefusal(hadToken);
      return;
    }
    const wait = this.#waitAfter(code);
    this.#setState(navigator.onLine === false ? "offline" : "waiting", code);
    this.#retryTimer = setTimeout(() => this.#open(), wait);
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

  #receive(data) {
    this.#heard = Date.now();
    this.#stopListening();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      console.warn("klartext: a frame that is no JSON was left out.");
      return;
    }
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
        return undefined;
      case "typing":
        return this.#listener.onTyping(frame.author);
      case "ping":
        return this.#frame({ type: "pong" });
    }
  }

  #welcome(frame) {
    clearTimeout(this.#welcomeTimer);
    this.#stableTimer = setTimeout(() => (this.#attempt = 0), STABLE_AFTER);
    const fresh = this.#session.conversation !== frame.conversation;
    const replaces = frame.mode === "snapshot";
    if (replaces) this.#lastSeq = 0;
    const resumedFrom = this.#lastSeq;
    this.#humanId = frame.human || null;
    this.#session.set({ token: frame.token, conversation: frame.conversation });
    if (fresh) this.#session.set({ read: 0, locale: this.#locale });
    const { holder, holder_name: holderName, head_seq: head } = frame;
    this.#listener.onWelcome({ holder, holderName, head, replaces, fresh, resumedFrom });
    this.#setState("open");
    this.#tellLocale();
    this.#tellLogin();
    this.#pump();
  }

  /** Once for each conversation. A login that is refused is not tried again before the page gives another. */
  async #tellLogin() {
    const login = this.#login;
    if (this.#state !== "open" || !login || this.#knownIn === this.#session.conversation) return;
    try {
      const signature = typeof login.signature === "function" ? await login.signature() : login.signature;
      if (login === this.#login) this.#frame({ type: "identify", user: login.user, signature: String(signature) });
    } catch (error) {
      console.warn("klartext: the portal's signature could not be fetched.", error);
    }
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
    if (REFUSED_LOGIN.has(code)) {
      console.warn(`klartext: ${code}`);
      this.#login = null;
    }
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
    if (this.#state !== "open") return;
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
    if (!this.#silenceTimer) this.#silenceTimer = setTimeout(() => this.#lose(1006), milliseconds);
  }

  #stopListening() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = 0;
  }

  #frame(frame) {
    if (this.#socket && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #setState(state, code = 0) {
    this.#state = state;
    this.#listener.onState(state, code);
  }
}
