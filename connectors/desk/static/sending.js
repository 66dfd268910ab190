/**
 * What an agent sends, per conversation: one after the other, and again by itself after a passing failure.
 *
 * Guarantee: an item keeps its id over all attempts, so the server stores it once however often it is sent; items of one
 * conversation leave in the order in which they were added, and two conversations do not wait for each other.
 * Failure: what may succeed later without anybody's doing stays "queued" and is tried again with full jitter; what the
 * server refuses is "refused" with its reason, and the next item follows. Without a session nothing is tried until
 * flushAll() after the next login.
 */

const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

/** `deliver`, `waitsAs`, `delivered` and `failed` are what a kind of item adds. */
export class Sending {
  /** `changed(conversation)` is told of every change. */
  constructor(changed) {
    this.changed = changed;
    this.items = [];
    this.busy = new Set();
    this.failures = 0;
    this.stopped = false;
  }

  of(conversation) {
    return this.items.filter((item) => item.conversation === conversation);
  }

  /** Takes an item off the list; what is on its way is not called back. */
  discard(item) {
    this.items = this.items.filter((other) => other !== item);
    this.changed(item.conversation);
  }

  /** Tries everything that waits; called when the line is back. */
  flushAll() {
    this.failures = 0;
    for (const conversation of new Set(this.items.map((item) => item.conversation))) this.flush(conversation);
  }

  async flush(conversation) {
    if (this.stopped || this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      for (let item = this.nextOf(conversation); item && !this.stopped; item = this.nextOf(conversation)) {
        if (!(await this.attempt(item))) break;
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  nextOf(conversation) {
    return this.of(conversation).find((item) => item.state === "queued");
  }

  /** One attempt; true when the next item may follow. */
  async attempt(item) {
    item.state = "sending";
    this.changed(item.conversation);
    try {
      const answer = await this.deliver(item);
      this.failures = 0;
      this.delivered(item, answer);
      return true;
    } catch (error) {
      const passing = error.passing || error.status === 401;
      item.state = passing ? this.waitsAs(item) : "refused";
      item.reason = passing ? null : error.message;
      this.failed(item);
      if (error.passing) this.retryLater(item.conversation);
      return !passing;
    }
  }

  /** The state of an item that could not leave. */
  waitsAs() {
    return "queued";
  }

  retryLater(conversation) {
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.failures) + 200;
    this.failures += 1;
    setTimeout(() => this.flush(conversation), delay);
  }

  stop() {
    this.stopped = true;
  }
}
