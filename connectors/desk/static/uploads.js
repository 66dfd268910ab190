/**
 * Files on their way to customers, per conversation, while this page is open.
 *
 * Guarantee: a file keeps its client id over all attempts, so the server stores it once however often it is sent. Files
 * of one conversation leave one after the other, in the order in which they were chosen.
 * Failure: what the server refuses stays visible with its reason until the agent removes it. A file that was not
 * confirmed when the page is closed has to be chosen again: a browser keeps no files for us.
 */

import { newId } from "./storage.js";
import { say } from "./wording.js";

const MIB = 1024 * 1024;
/** The server's limits by media type, in bytes; what is not here is refused. */
const LIMITS = { "image/jpeg": 5 * MIB, "image/png": 5 * MIB, "application/pdf": 16 * MIB, "video/mp4": 16 * MIB };
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

/** What the file dialog offers. */
export const ACCEPTED = Object.keys(LIMITS).join(",");

export class Uploads {
  /** `send(conversation, clientId, file, text, progress)` resolves or throws an ApiError; `changed(conversation)` is told of every change. */
  constructor(send, changed) {
    this.send = send;
    this.changed = changed;
    this.items = [];
    this.busy = new Set();
    this.failures = 0;
  }

  of(conversation) {
    return this.items.filter((item) => item.conversation === conversation);
  }

  /** Those that wait for the agent to press "send". */
  staged(conversation) {
    return this.of(conversation).filter((item) => item.state === "staged");
  }

  /** Puts a file beside the text field; what the server would refuse is refused here, with the reason. */
  stage(conversation, file) {
    const reason = refusalOf(file);
    this.items.push({ id: newId(), conversation, file, text: "", progress: 0, state: reason ? "refused" : "staged", reason });
    this.changed(conversation);
  }

  /** Sends what is staged; the text goes with the first file. */
  release(conversation, text) {
    for (const [index, item] of this.staged(conversation).entries()) {
      item.state = "queued";
      item.text = index === 0 ? text : "";
    }
    this.flush(conversation);
  }

  discard(item) {
    this.items = this.items.filter((other) => other !== item);
    this.changed(item.conversation);
  }

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

  async attempt(item) {
    item.state = "sending";
    this.changed(item.conversation);
    try {
      await this.send(item.conversation, item.id, item.file, item.text, (share) => {
        item.progress = share;
        this.changed(item.conversation);
      });
      this.failures = 0;
      this.discard(item);
      return true;
    } catch (error) {
      const passing = error.passing || error.status === 401;
      item.state = passing ? "queued" : "refused";
      item.progress = 0;
      item.reason = passing ? null : error.message;
      if (error.passing) this.retryLater(item.conversation);
      this.changed(item.conversation);
      return !passing;
    }
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

function refusalOf(file) {
  const limit = LIMITS[file.type];
  if (limit === undefined) return say("desk_error_file_type");
  if (file.size > limit) return say("desk_file_too_large", { limit: limit / MIB });
  return file.size === 0 ? say("desk_file_empty") : null;
}
