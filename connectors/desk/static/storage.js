/**
 * What this browser remembers: settings, drafts, unsent messages.
 *
 * Guarantee: reading and writing never throw. When the browser refuses storage (private mode, full,
 * blocked) the values live in memory for as long as the page is open.
 */

const PREFIX = "klartext-desk:";
const memory = new Map();

export function remember(key, value) {
  const text = JSON.stringify(value);
  memory.set(key, text);
  try {
    localStorage.setItem(PREFIX + key, text);
  } catch {
    // Kept in memory only.
  }
}

export function recall(key, otherwise = null) {
  let text = memory.get(key);
  try {
    text = localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    // Storage is blocked: what memory holds is what there is.
  }
  if (text === undefined) return otherwise;
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

export function forget(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Nothing was stored.
  }
}

/** All remembered keys that begin with `start`. */
export function keysFrom(start) {
  const keys = new Set([...memory.keys()].filter((key) => key.startsWith(start)));
  try {
    for (let index = 0; index < localStorage.length; index += 1) {
      const key = localStorage.key(index);
      if (key.startsWith(PREFIX + start)) keys.add(key.slice(PREFIX.length));
    }
  } catch {
    // Memory only.
  }
  return [...keys];
}

/** A version 4 UUID; `crypto.randomUUID` is missing on plain-http addresses other than loopback. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
