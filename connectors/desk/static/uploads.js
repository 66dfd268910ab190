/**
 * Files on their way to customers, per conversation, while this page is open.
 *
 * Guarantee: how files leave, once and in the order in which they were chosen, is Sending's.
 * Failure: what the server refuses stays visible with its reason until the agent removes it. A file that was not
 * confirmed when the page is closed has to be chosen again: a browser keeps no files for us.
 */

import { Sending } from "./sending.js";
import { newId } from "./storage.js";
import { say } from "./wording.js";

const MIB = 1024 * 1024;
/** The server's limits by media type, in bytes; what is not here is refused. */
const LIMITS = { "image/jpeg": 5 * MIB, "image/png": 5 * MIB, "application/pdf": 16 * MIB, "video/mp4": 16 * MIB };

/** What the file dialog offers. */
export const ACCEPTED = Object.keys(LIMITS).join(",");

export class Uploads extends Sending {
  /** `send(conversation, clientId, file, text, progress)` resolves or throws an ApiError; `changed(conversation)` is told of every change.
   * `left` are the items of a session that ended in the middle of the work. */
  constructor(send, changed, left = []) {
    super(changed);
    this.send = send;
    this.items = left.map((item) => ({ ...item, state: item.state === "sending" ? "queued" : item.state }));
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

  deliver(item) {
    return this.send(item.conversation, item.id, item.file, item.text, (share) => {
      item.progress = share;
      this.changed(item.conversation);
    });
  }

  delivered(item) {
    this.discard(item);
  }

  failed(item) {
    item.progress = 0;
    this.changed(item.conversation);
  }
}

function refusalOf(file) {
  const limit = LIMITS[file.type];
  if (limit === undefined) return say("desk_error_file_type");
  if (file.size > limit) return say("desk_file_too_large", { limit: limit / MIB });
  return file.size === 0 ? say("desk_file_empty") : null;
}
