/**
 * Tells the server which conversation is on screen and whether somebody works here at all.
 *
 * Guarantee: "active" is said only after a key, pointer or touch since the last word, so a desk that is left open
 * goes away by itself and is given nothing. A hidden page looks at nothing.
 */

const EVERY = 20_000;

export class Attention {
  /** `stream` carries the words; `shown()` is the open conversation's id or null, `read(id)` the newest entry that was on screen. */
  constructor(stream, shown, read) {
    this.stream = stream;
    this.shown = shown;
    this.read = read;
    this.active = true;
    this.noted = () => { this.active = true; };
    this.seen = () => this.say();
  }

  start() {
    for (const type of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(type, this.noted, { passive: true });
    document.addEventListener("visibilitychange", this.seen);
    this.timer = setInterval(() => this.say(), EVERY);
    this.first = setTimeout(() => this.say(), 1000);
  }

  stop() {
    for (const type of ["keydown", "pointerdown", "pointermove", "wheel"]) removeEventListener(type, this.noted);
    document.removeEventListener("visibilitychange", this.seen);
    clearInterval(this.timer);
    clearTimeout(this.first);
  }

  say() {
    const id = document.hidden ? null : this.shown();
    this.stream.sendLooking(id, this.active, id ? this.read(id) : 0);
    this.active = false;
  }
}
