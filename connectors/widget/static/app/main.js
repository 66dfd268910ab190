/**
 * What a website embeds: <script async src="…/widget/klartext.js" data-language="de"></script>
 *
 * Guarantee: the page gets one <klartext-widget>, however often this file is included, and every command given to
 * `window.klartext(…)`, also before this file has run, is carried out once and in order. Nothing of the page is changed
 * but that element, and nothing is asked of any other server than the one this file came from.
 *
 * A page that wants to give commands before this file has run defines the queue itself:
 *   window.klartext = window.klartext || function () { (klartext.q = klartext.q || []).push(arguments); };
 * `Klartext` is the same function. Commands, events and settings are described in docs/widget.md.
 */
import { KlartextWidget } from "./element.js";

const NAME = "klartext-widget";

function bodyReady() {
  if (document.body) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

/** The page's one widget, with the settings of the script tag. */
function placeWidget(script) {
  KlartextWidget.base = new URL(".", script ? script.src : document.baseURI);
  if (!customElements.get(NAME)) customElements.define(NAME, KlartextWidget);
  const existing = document.querySelector(NAME);
  if (existing) return existing;
  const widget = document.createElement(NAME);
  Object.assign(widget.dataset, script ? script.dataset : {});
  document.body.append(widget);
  return widget;
}

async function start(script) {
  const waiting = (window.klartext && window.klartext.q) || [];
  let widget = null;
  const run = ([command, ...values]) => widget.command(String(command), ...values);
  window.klartext = (...parameters) => {
    if (widget) run(parameters);
    else waiting.push(parameters);
  };
  window.klartext.loaded = true;
  window.Klartext = window.klartext;
  await bodyReady();
  widget = placeWidget(script);
  waiting.splice(0).forEach(run);
}

if (!(window.klartext && window.klartext.loaded)) start(document.currentScript);
