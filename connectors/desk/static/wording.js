/**
 * Every text of the desk, from /desk/wording/{de|en}.json.
 *
 * Failure: an unknown key shows itself as the key, so that it is seen and reported instead of hidden.
 */

import { recall, remember } from "./storage.js";

let table = {};
let current = "de";
let together = /(?!)/gu;

export const language = () => current;

export async function loadWording(wanted = recall("language", "de")) {
  const chosen = wanted === "en" ? "en" : "de";
  const response = await fetch(`/desk/wording/${chosen}.json`);
  if (!response.ok) throw new Error(`wording ${chosen}: ${response.status}`);
  table = await response.json();
  together = new RegExp(table.together, "gu");
  current = chosen;
  remember("language", chosen);
  document.documentElement.lang = chosen;
}

export function say(key, values = {}) {
  const text = table[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** For names that come from outside (intents, reasons, operations): the wording if there is one, else the name in plain letters. */
export function sayNamed(prefix, name) {
  if (!name) return "";
  return table[`${prefix}_${name}`] ?? String(name).replaceAll("_", " ");
}

/** What of a text stays on one line: the same for every page of the product. */
export const neverBroken = () => together;

export const isWorded = (key) => key in table;

/** Chooses `key`_one or `key`_other and fills in {n}. */
export function sayCount(key, count, values = {}) {
  return say(`${key}_${count === 1 ? "one" : "other"}`, { n: count.toLocaleString(current), ...values });
}
