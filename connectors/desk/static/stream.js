/**
 * The live stream of changes, /desk/ws, version 1.
 *
 * Guarantee: after any interruption the stream resumes from the last position that was handed on, so
 * no change is missed or applied twice; when the server can no longer replay, it says "reload" and the
 * owner fetches afresh. A line that is silent for SILENCE is treated as dead.
 * Failure: every close except 4401 is followed by another attempt, with full jitter.
 */

const PING = 20_000;
const SILENCE = 45_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** Close code of the server: the session is over, do not come back by yourself. */
const LOGGED_OUT = 4401;

export class Stream {
  /**
   * @param handlers {position(), welcome(mode), change(frame), gone(frame), typing(frame), looking(frame), read(frame), state(name, retryAt), closedEarly(), loggedOut()}
   * `state` is "connecting", "online" or "waiting" (then retryAt is when the next attempt starts).
   */
  constructor(handlers) {
    this.handlers = handlers;
    this.failures = 0;
    this.stopped = true;
    this.onOnline = () => this.connectNow();
    this.onVisible = () => { if (!document.hidden) this.connectNow(); };
  }

  start() {
    this.stopped = false;
    addEventListener("online", this.onOnline);
    document.addEventListener("visibilitychange", this.onVisible);
    this.connect();
  }

  stop() {
    this.stopped = true;
    removeEventListener("online", this.onOnline);
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.retryTimer);
    this.drop();
  }

  /** Ends the wait for the next attempt; does nothing while a line is up. */
  connectNow() {
    if (this.stopped || this.socket) return;
    clearTimeout(this.retryTimer);
    this.connect();
  }

  sendTyping(conversation) {
    // A line that is just closing takes nothing any more, and a note of typing is not worth keeping.
    if (this.welcomed && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "typing", conversation }));
  }

  /** Which conversation is on screen, and whether the agent did something since the last such word. */
  sendLooking(conversation, active, seq) {
    if (this.welcomed && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "looking", conversation, active, seq }));
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/desk/ws`);
    this.socket = socket;
    this.welcomed = false;
    this.lastHeard = Date.now();
    this.handlers.state("connecting", null);
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", v: 1, position: this.handlers.position() }));
    socket.onmessage = (message) => { if (socket === this.socket) this.receive(message.data); };
    socket.onclose = (close) => { if (socket === this.socket) this.closed(close.code); };
    this.pingTimer = setInterval(() => this.beat(), PING / 4);
    this.nextPing = Date.now() + PING;
  }

  beat() {
    if (Date.now() - this.lastHeard > SILENCE) {
      this.drop();
      this.closed(1006);
    } else if (this.welcomed && this.socket.readyState === WebSocket.OPEN && Date.now() >= this.nextPing) {
      this.nextPing = Date.now() + PING;
      this.socket.send('{"type":"ping"}');
    }
  }

  receive(data) {
    this.lastHeard = Date.now();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame.type === "welcome") {
      this.welcomed = true;
      this.failures = 0;
      this.handlers.welcome(frame.mode);
      this.handlers.state("online", null);
    } else if (frame.type === "change") this.handlers.change(frame);
    else if (frame.type === "gone") this.handlers.gone(frame);
    else if (frame.type === "typing") this.handlers.typing(frame);
    else if (frame.type === "looking") this.handlers.looking(frame);
    else if (frame.type === "read") this.handlers.read(frame);
  }

  /** Lets go of the socket without hearing of it again. */
  drop() {
    clearInterval(this.pingTimer);
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
    }
  }

  closed(code) {
    const early = !this.welcomed;
    this.drop();
    if (this.stopped) return;
    if (code === LOGGED_OUT) {
      this.handlers.loggedOut();
      return;
    }
    const delay = Math.max(100, Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.failures));
    this.failures += 1;
    this.handlers.state("waiting", Date.now() + delay);
    this.retryTimer = setTimeout(() => this.connect(), delay);
    if (early) this.handlers.closedEarly();
  }
}
