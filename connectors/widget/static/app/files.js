/**
 * Files of the conversation: those that the customer sends, one after the other, and the content of those that are shown.
 *
 * Guarantee: a file keeps its client id over all attempts, so the server stores it once however often it is sent. The
 * token travels in a header, never in an address. Pictures are drawn, everything else is only ever saved.
 * Failure: what the server refuses is handed to `onRefused` with the reason. A file that was not confirmed when the page
 * is left has to be chosen again: a browser keeps no files for us.
 */
import { newClientId } from "./ids.js";
import { h } from "./dom.js";

const MIB = 1024 * 1024;
/** The server's limits by the beginning of the media type, in bytes; what is not here is refused. */
const LIMITS = { "image/": 5 * MIB, "application/pdf": 16 * MIB, "video/": 16 * MIB, "audio/": 16 * MIB };
const PICTURES = ["image/jpeg", "image/png", "image/webp"];
const TIMEOUT = 180_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** Longest side of a drawn picture, in CSS pixels. */
const SIDE = 420;

/** What the file dialog offers. */
export const ACCEPTED = [...PICTURES, "application/pdf", "video/mp4", "audio/*"].join(",");

export class Files {
  #base;
  #session;
  #listener;
  #waiting = [];
  #busy = false;
  #open = false;
  #failures = 0;
  #contents = new Map();

  /** `listener` has onProgress(clientId, share), onAck(clientId), onRefused(clientId, reason) and texts(). */
  constructor(base, session, listener) {
    this.#base = base;
    this.#session = session;
    this.#listener = listener;
  }

  /** Why a file cannot be sent, or null. */
  refusal(file) {
    const texts = this.#listener.texts();
    const kind = Object.keys(LIMITS).find((start) => file.type.startsWith(start));
    if (!kind) return texts.say("file_type");
    if (file.size > LIMITS[kind]) return texts.say("file_too_large", { limit: LIMITS[kind] / MIB });
    return file.size === 0 ? texts.say("file_empty") : null;
  }

  /** Sends a file as soon as there is a conversation; returns it as a waiting message. */
  send(file) {
    const item = { client_id: newClientId(), text: file.name, at: performance.timeOrigin + performance.now(), file };
    this.#waiting.push(item);
    this.#session.keep();
    this.#flush();
    return item;
  }

  /** Whether the conversation is open at the moment: files wait for it. */
  setOpen(open) {
    this.#open = open;
    if (open) this.#flush();
  }

  async #flush() {
    if (this.#busy || !this.#open) return;
    this.#busy = true;
    while (this.#open && this.#waiting.length && (await this.#attempt(this.#waiting[0]))) this.#waiting.shift();
    this.#busy = false;
  }

  /** One attempt; true when this file is settled, whatever its outcome. */
  async #attempt(item) {
    const { status, body } = await this.#post(item);
    if (status >= 200 && status < 300) {
      this.#failures = 0;
      this.#listener.onAck(item.client_id);
      return true;
    }
    const passing = status === 0 || status === 401 || status >= 500 || body?.code === "rate";
    if (!passing) {
      this.#listener.onRefused(item.client_id, body?.message ?? this.#listener.texts().say("file_failed"));
      return true;
    }
    this.#listener.onProgress(item.client_id, 0);
    const pause = Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures) + 200;
    this.#failures += 1;
    setTimeout(() => this.#flush(), pause);
    return false;
  }

  #post(item) {
    const form = new FormData();
    form.append("client_id", item.client_id);
    form.append("file", item.file);
    const request = new XMLHttpRequest();
    request.open("POST", new URL("files", this.#base).href);
    request.setRequestHeader("Authorization", `Bearer ${this.#session.token}`);
    request.setRequestHeader("Accept-Language", this.#listener.texts().language);
    request.responseType = "json";
    request.timeout = TIMEOUT;
    request.upload.onprogress = (event) =>
      event.lengthComputable && this.#listener.onProgress(item.client_id, event.loaded / event.total);
    return new Promise((resolve) => {
      request.onerror = request.ontimeout = request.onabort = () => resolve({ status: 0, body: null });
      request.onload = () => resolve({ status: request.status, body: request.response });
      request.send(form);
    });
  }

  /** A stored file's content; fetched once. */
  #content(file) {
    if (!this.#contents.has(file.id)) {
      const headers = { Authorization: `Bearer ${this.#session.token}` };
      const fetched = fetch(new URL(`files/${encodeURIComponent(file.id)}`, this.#base), { headers, credentials: "omit" })
        .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(`HTTP ${answer.status}`))));
      this.#contents.set(file.id, fetched);
      fetched.catch(() => this.#contents.delete(file.id));
    }
    return this.#contents.get(file.id);
  }

  /** Hands a file to the customer's own storage. Rejects when it cannot be fetched. */
  async save(file) {
    const address = URL.createObjectURL(await this.#content(file));
    const name = file.name || `${file.kind}.${(file.media_type || "").split("/")[1] || "bin"}`;
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** Draws a picture into a canvas once it comes into view. Any page's security policy permits that. */
  drawWhenSeen(file, canvas) {
    if (!PICTURES.includes(file.media_type)) return;
    const seen = new IntersectionObserver(async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      try {
        const picture = await createImageBitmap(await this.#content(file));
        const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
        canvas.width = Math.max(1, Math.round(picture.width * scale));
        canvas.height = Math.max(1, Math.round(picture.height * scale));
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        picture.close();
      } catch {
        // It can still be saved under its name.
        canvas.remove();
      }
    });
    seen.observe(canvas);
  }
}
