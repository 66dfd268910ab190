/**
 * What a page may listen to: `klartext("on", name, callback)`.
 *
 * Guarantee: no event carries a word of the conversation, a token or a customer's number: the page's other scripts learn
 * that something happened, not what was said. A callback that fails is named on the console and harms nothing.
 */

export const EVENTS = [
  ...["ready", "open", "close", "message", "unread", "holder", "connection", "locale", "identified", "reset"],
];

export class Events {
  #callbacks = new Map(EVENTS.map((name) => [name, []]));
  #isReady = false;

  on(name, callback) {
    if (!this.#callbacks.has(name) || typeof callback !== "function") {
      console.warn(`klartext: "on" takes one of ${EVENTS.join(", ")} and a function.`);
      return;
    }
    this.#callbacks.get(name).push(callback);
    if (name === "ready" && this.#isReady) this.#call(name, callback, {});
  }

  emit(name, detail = {}) {
    if (name === "ready") this.#isReady = true;
    for (const callback of this.#callbacks.get(name)) this.#call(name, callback, detail);
  }

  #call(name, callback, detail) {
    try {
      callback(detail);
    } catch (error) {
      console.error(`klartext: the page's callback for "${name}" failed.`, error);
    }
  }
}
