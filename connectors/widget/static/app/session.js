/**
 * What the browser remembers of the conversation: the token, what has been read, the chosen language and type size, and
 * the messages that the server has not acknowledged yet.
 *
 * Guarantee: nothing is stored before the customer's first message; from then on a reload finds the same conversation
 * and every unacknowledged message, with its client id. Each unsent message has a key of its own, so that two tabs
 * never overwrite each other's. What was reset stays forgotten, also where another tab writes it once more before it
 * has heard of that.
 * On failure (storage refused by the browser) everything lives in memory for as long as the page does.
 */

const SESSION = "klartext.session";
const UNSENT = "klartext.unsent.";
// Milliseconds after which a tab also sends what another tab has not got sent.
const ADOPT_AFTER = 5_000;

function storageOrNull() {
  try {
    const storage = window.localStorage;
    storage.getItem(SESSION);
    return storage;
  } catch {
    return null;
  }
}

function parsedOrNull(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** A message that waits, as a tab stored it. */
function storedItemOrNull(storage, key) {
  const item = parsedOrNull(storage.getItem(key));
  return item && item.client_id && typeof item.text === "string" ? item : null;
}

const NOTHING = { token: null, conversation: null, locale: null, read: 0, language: null, large: false, polls: false };

export class Session {
  #storage = storageOrNull();
  #kept = false;
  #state = { ...NOTHING };
  #unsent = new Map();
  // Conversations that were reset while this page was open.
  #forgotten = new Set();

  constructor() {
    this.#restore();
  }

  get token() {
    return this.#state.token;
  }

  get conversation() {
    return this.#state.conversation;
  }

  /** Whether sockets did not get through from here last time. */
  get polls() {
    return this.#state.polls;
  }

  /** The language that the server was last told. */
  get locale() {
    return this.#state.locale;
  }

  get read() {
    return this.#state.read;
  }

  get large() {
    return this.#state.large;
  }

  /** True once the conversation outlives this page. */
  get kept() {
    return this.#kept;
  }

  /** The language that the customer chose on a page of this language, or null. */
  chosenLanguage(pageLanguage) {
    const { language } = this.#state;
    return language && language.page === pageLanguage ? language.chosen : null;
  }

  set(changes) {
    Object.assign(this.#state, changes);
    if (this.#kept) this.#write(SESSION, this.#state);
  }

  /** From now on the conversation is stored: called with the customer's first message. */
  keep() {
    if (this.#kept) return;
    this.#kept = true;
    this.#write(SESSION, this.#state);
  }

  /** The token is worth nothing any more. Language, type size and unsent messages stay. */
  forgetConversation() {
    this.set({ token: null, conversation: null, locale: null, read: 0 });
  }

  /** Unsent messages, oldest first. */
  unsent() {
    return [...this.#unsent.values()].sort((a, b) => a.at - b.at);
  }

  addUnsent(item) {
    this.#unsent.set(item.client_id, item);
    this.keep();
    this.#write(UNSENT + item.client_id, item);
  }

  dropUnsent(clientId) {
    this.#unsent.delete(clientId);
    this.#storage?.removeItem(UNSENT + clientId);
  }

  /** This browser forgets everything: the conversation, the settings, and what was not sent. */
  reset() {
    for (const clientId of this.#unsent.keys()) this.#storage?.removeItem(UNSENT + clientId);
    this.#storage?.removeItem(SESSION);
    this.#forgetAll();
  }

  /**
   * Follows what other tabs do: `onOther()` when the conversation is another now, `onReset()` when it was forgotten,
   * `onRead()` when more of it has been read, `onUnsent(item)` when a message still waits that another tab could not
   * send within some seconds: that tab may be gone, and its client id lets the server take the message once.
   */
  onChangeElsewhere({ onOther, onReset, onRead, onUnsent }) {
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === null || (key === SESSION && newValue === null)) {
        this.#forgetAll();
        onReset();
      } else if (key === SESSION) {
        this.#follow(parsedOrNull(newValue), onOther, onRead);
      } else if (key.startsWith(UNSENT) && newValue === null) {
        this.#unsent.delete(key.slice(UNSENT.length));
      } else if (key.startsWith(UNSENT)) {
        setTimeout(() => this.#adopt(key, onUnsent), ADOPT_AFTER);
      }
    });
  }

  #follow(stored, onOther, onRead) {
    if (!stored || !stored.token) return;
    if (this.#forgotten.has(stored.conversation)) {
      this.#storage.removeItem(SESSION);
      return;
    }
    const other = stored.conversation !== this.#state.conversation;
    Object.assign(this.#state, stored);
    this.#kept = true;
    if (other) onOther();
    else onRead();
  }

  #adopt(key, onUnsent) {
    const item = storedItemOrNull(this.#storage, key);
    if (!item || this.#unsent.has(item.client_id)) return;
    this.#unsent.set(item.client_id, item);
    onUnsent(item);
  }

  #forgetAll() {
    this.#kept = false;
    this.#forgotten.add(this.#state.conversation);
    this.#state = { ...NOTHING };
    this.#unsent.clear();
  }

  #restore() {
    if (!this.#storage) return;
    const stored = parsedOrNull(this.#storage.getItem(SESSION));
    if (stored) {
      Object.assign(this.#state, stored);
      this.#kept = true;
    }
    for (let index = 0; index < this.#storage.length; index += 1) {
      const key = this.#storage.key(index);
      if (!key.startsWith(UNSENT)) continue;
      const item = storedItemOrNull(this.#storage, key);
      if (item) this.#unsent.set(item.client_id, item);
    }
  }

  #write(key, value) {
    try {
      this.#storage?.setItem(key, JSON.stringify(value));
    } catch {
      // The browser's quota is used up. The copy in memory still sends it.
    }
  }
}
