/**
 * The same line over HTTP, for networks that let no sockets through: frames in and out as with a socket, the log asked
 * for behind the last entry received.
 *
 * Guarantee: messages are posted one after the other in their order, each under its client id, so a repetition is the
 * same message; events come once and in order; `onClosed` is called at most once, with the code that a socket would
 * have closed with, and nothing is handed on after it or after `close`.
 */

const LOST = 1006;
const CLOSE_CODES = { 401: 4401, 429: 4429 };
// Seconds that the server may keep a question open, and milliseconds after which no answer means that the line is dead.
const WAIT = 20;
const ANSWER_WITHIN = 12_000;
// A page that nobody looks at asks from time to time instead of keeping a connection.
const HIDDEN_PAUSE = 10_000;
const AGAIN = "again";

class Ended extends Error {
  constructor(code) {
    super(`closed: ${code}`);
    this.code = code;
  }
}

export class PollingLine {
  over = "http";
  #base;
  #listener;
  #locale;
  #token;
  #after = 0;
  #ended = false;
  #posts = Promise.resolve();
  #question = null;
  #pings = 0;
  #wake = null;

  /** `listener` has onFrame(frame) and onClosed(code). `hello` is the frame that a socket would begin with. */
  constructor(base, hello, listener) {
    this.#base = base;
    this.#listener = listener;
    this.#locale = hello.locale;
    this.#token = hello.token;
    this.#run(hello).catch((error) => this.#end(error));
  }

  send(frame) {
    if (frame.type === "ping") this.#askNow();
    else if (frame.type === "msg") this.#post(() => this.#message(frame));
    else if (frame.type === "identify") this.#post(() => this.#identify(frame));
    // What has arrived is told with the next question.
    else if (frame.type !== "ack") this.#post(() => this.#ask("frames", frame));
  }

  close() {
    this.#ended = true;
    this.#question?.abort();
  }

  async #run(hello) {
    let first;
    if (this.#token) {
      first = await this.#events(hello.last_seq, 0);
      const replays = hello.last_seq > 0 && hello.last_seq <= first.head_seq;
      this.#after = replays ? hello.last_seq : 0;
      if (!replays && hello.last_seq > 0) first = await this.#events(0, 0);
      this.#hand({ type: "welcome", ...first, events: null, token: this.#token, mode: replays ? "replay" : "snapshot" });
    } else {
      first = { ...(await this.#ask("hello", { v: 1, locale: hello.locale })), events: [] };
      this.#token = first.token;
      this.#hand({ type: "welcome", ...first, mode: "snapshot" });
    }
    this.#take(first);
    while (!this.#ended) await this.#follow();
  }

  async #follow() {
    const hidden = document.visibilityState === "hidden";
    const answers = this.#pings > 0;
    const page = await this.#events(this.#after, hidden || answers ? 0 : WAIT);
    if (!page || this.#ended) return;
    if (answers) {
      this.#pings = 0;
      this.#hand({ type: "pong" });
    }
    if (page.seen) this.#hand({ type: "seen", seq: page.seen });
    if (page.typing) this.#hand({ type: "typing", author: page.typing });
    this.#take(page);
    if (hidden && !this.#pings) await this.#pause();
  }

  /** Until it is time to ask again, somebody looks at the page, or wants to know whether the line is alive. */
  #pause() {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, HIDDEN_PAUSE);
      document.addEventListener("visibilitychange", resolve, { once: true });
    });
  }

  #take(page) {
    for (const event of page.events) {
      this.#after = Math.max(this.#after, event.seq);
      this.#hand(event);
    }
  }

  #hand(frame) {
    if (!this.#ended) this.#listener.onFrame(frame);
  }

  /** Instead of the question that is open: whoever asks wants to know whether the line is alive. */
  #askNow() {
    this.#pings += 1;
    this.#question?.abort(AGAIN);
    this.#wake?.();
  }

  /** What is behind `after`; null when the question was taken back. */
  async #events(after, wait) {
    const question = new AbortController();
    this.#question = question;
    try {
      return await this.#ask(`events?after=${after}&wait=${wait}`, null, { question, within: wait * 1_000 + ANSWER_WITHIN });
    } catch (error) {
      if (question.signal.reason === AGAIN) return null;
      throw error;
    }
  }

  #post(job) {
    this.#posts = this.#posts.then(() => this.#ended || job()).catch((error) => this.#end(error));
  }

  async #message({ client_id, text, payload }) {
    const body = { client_id, text, ...(payload && { payload }) };
    const receipt = await this.#ask("messages", body, { refusable: true, clientId: client_id });
    if (receipt) this.#hand({ type: "ack", ...receipt });
  }

  async #identify({ user, signature }) {
    const answer = await this.#ask("identify", { user, signature }, { refusable: true });
    if (answer) this.#hand({ type: "identified", ...answer });
  }

  /** Posts `body`, or asks where there is none. */
  async #ask(path, body, { question = new AbortController(), within = ANSWER_WITHIN, refusable = false, clientId } = {}) {
    const headers = { "Accept-Language": this.#locale };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    if (body) headers["Content-Type"] = "application/json";
    const late = setTimeout(() => question.abort("late"), within);
    try {
      const answer = await fetch(new URL(path, this.#base), {
        ...{ method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : undefined },
        ...{ credentials: "omit", cache: "no-store", signal: question.signal },
      });
      return await this.#content(answer, refusable, clientId);
    } finally {
      clearTimeout(late);
    }
  }

  /** What the server refuses about a message or a login becomes an error frame; anything else ends the line. */
  async #content(answer, refusable, clientId) {
    const content = await answer.json();
    if (answer.ok) return content;
    if (!refusable || answer.status === 401) throw new Ended(CLOSE_CODES[answer.status] || LOST);
    this.#hand({ type: "error", ...content, client_id: clientId });
    return null;
  }

  #end(error) {
    if (this.#ended) return;
    this.close();
    this.#listener.onClosed(error instanceof Ended ? error.code : LOST);
  }
}
