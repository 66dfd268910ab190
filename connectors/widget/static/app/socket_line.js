/**
 * One WebSocket to the server, from its opening to its end.
 *
 * Guarantee: `onClosed` is called at most once, with the close code, and nothing is handed on after it or after `close`.
 * A socket that is still being opened when it is not wanted any more is closed once it is open: closed before, the
 * browser would warn about it on the console of a website where nothing is the matter.
 */

const OPEN_WITHIN = 4_000;
// How much longer an unwanted socket may take to open: another one to the same server would wait for it.
const LATE_WITHIN = 6_000;
const LOST = 1006;

export class SocketLine {
  over = "socket";
  #socket;
  #timer;

  /** `listener` has onFrame(frame) and onClosed(code). `hello` is the first frame. */
  constructor(base, hello, listener) {
    const url = new URL("ws", base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(url);
    const ended = (code) => {
      this.close();
      listener.onClosed(code);
    };
    // A network that swallows sockets lets them wait for ever.
    this.#timer = setTimeout(() => ended(LOST), OPEN_WITHIN);
    this.#socket.onopen = () => {
      clearTimeout(this.#timer);
      this.send(hello);
    };
    this.#socket.onmessage = ({ data }) => {
      let frame;
      try {
        frame = JSON.parse(data);
      } catch {
        console.warn("klartext: a frame that is no JSON was left out.");
        return;
      }
      listener.onFrame(frame);
    };
    this.#socket.onclose = ({ code }) => ended(code);
  }

  send(frame) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  close() {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState !== WebSocket.CONNECTING) {
      socket.close();
      return;
    }
    const late = setTimeout(() => socket.close(), LATE_WITHIN);
    socket.onopen = () => socket.close();
    socket.onclose = () => clearTimeout(late);
  }
}
