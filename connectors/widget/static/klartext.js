/**
 * The embed script: <script async src="…/widget/klartext.js" data-language="de"></script>
 *
 * Guarantee: the page gets one <klartext-widget>, however often this script is included, and every command given to
 * `window.klartext(…)`, also before this script has run, is carried out once and in order.
 * On failure (the modules cannot be loaded) the page is untouched and one line goes to the console.
 *
 * A page that wants to give commands before this script has run defines the queue itself:
 *   window.klartext = window.klartext || function () { (klartext.q = klartext.q || []).push(arguments); };
 * `Klartext` is the same function. Commands: open, close, toggle, setLocale(language), and for customers who are logged
 * in at the portal identify(customer number, signature), with a signature from the portal's server or a function that
 * fetches it when it is needed, for it is good for a few minutes only:
 *   Klartext("identify", "2048173", () => fetch("/my/chat-signature").then((answer) => answer.text()));
 * Settings on the script tag: data-language (de, en), data-name (the provider), data-phone, data-hours-de,
 * data-hours-en, data-time-zone.
 */
(() => {
  "use strict";
  if (window.klartext && window.klartext.loaded) return;

  const script = document.currentScript;
  const base = new URL(".", script ? script.src : document.baseURI);
  const waiting = (window.klartext && window.klartext.q) || [];
  let widget = null;

  const run = (parameters) => {
    const [command, ...values] = parameters;
    widget.command(String(command), ...values);
  };
  window.klartext = (...parameters) => {
    if (widget) run(parameters);
    else waiting.push(parameters);
  };
  window.klartext.loaded = true;
  window.Klartext = window.klartext;

  const bodyReady = new Promise((resolve) => {
    if (document.body) resolve();
    else document.addEventListener("DOMContentLoaded", resolve, { once: true });
  });

  Promise.all([import(new URL("app/element.js", base).href), bodyReady]).then(
    ([{ KlartextWidget }]) => {
      if (!customElements.get("klartext-widget")) customElements.define("klartext-widget", KlartextWidget);
      widget = document.querySelector("klartext-widget");
      if (!widget) {
        widget = document.createElement("klartext-widget");
        for (const name of ["language", "name", "phone", "hours-de", "hours-en", "time-zone"]) {
          const value = script && script.getAttribute(`data-${name}`);
          if (value) widget.setAttribute(`data-${name}`, value);
        }
        document.body.append(widget);
      }
      waiting.splice(0).forEach(run);
    },
    (error) => console.error("klartext: the chat could not be loaded.", error),
  );
})();
