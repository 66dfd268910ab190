/**
 * One WebSocket to the server, from its opening to its end.
 *
 * Guarantee: `onClosed` is called at most once, with the close code, and nothing is handed on after it or after `close`.
 */

const OPEN_WITHIN = 4_000;
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
    clearTimeout(this.#timer);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }
}
