/**
 * The demonstration's post: what would have been sent by mail or text message, newest first, fetched every two seconds.
 * When the server cannot be reached, what is shown stays and one line says so.
 */

const EVERY = 2_000;
const TEXTS = {
  de: {
    strip: "Demonstration: Von hier geht nichts hinaus. Die Post erscheint nur auf dieser Seite.",
    title: "Post und Codes",
    lead: "Was Saalenetz per E-Mail oder SMS verschickt hätte. Einen Code für den Chat finden Sie hier, kurz nachdem der Bot danach fragt.",
    empty: "Noch keine Post.",
    away: "Der Server antwortet gerade nicht. Diese Seite fragt weiter nach.",
    copy: "Code kopieren",
    copied: "Kopiert",
    to: "an",
    mail: "E-Mail",
    sms: "SMS",
    other: "English",
  },
  en: {
    strip: "Demonstration: nothing leaves this server. The post appears on this page only.",
    title: "Post and codes",
    lead: "What Saalenetz would have sent by e-mail or text message. A code for the chat appears here shortly after the bot asks for it.",
    empty: "No post yet.",
    away: "The server does not answer at the moment. This page keeps asking.",
    copy: "Copy code",
    copied: "Copied",
    to: "to",
    mail: "E-mail",
    sms: "Text message",
    other: "Deutsch",
  },
};

const list = document.getElementById("letters");
const state = document.getElementById("state");
const switcher = document.getElementById("language");
const shown = new Map();
let language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "de";

function node(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function codeLine(code) {
  const line = node("p", "code", "");
  const copy = node("button", "button", TEXTS[language].copy);
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code);
    copy.textContent = TEXTS[language].copied;
  });
  line.append(node("output", "", code));
  if (navigator.clipboard) line.append(copy);
  return line;
}

function letterElement(letter) {
  const texts = TEXTS[language];
  const element = node("li", "letter", "");
  element.dataset.id = letter.id;
  const meta = node("p", "meta", "");
  const at = node("time", "", new Date(letter.created_at).toLocaleString(language === "de" ? "de-DE" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone: "Europe/Berlin",
  }));
  at.dateTime = letter.created_at;
  meta.append(node("span", "", texts[letter.medium] || letter.medium), node("span", "", `${texts.to} ${letter.to}`), at);
  element.append(meta);
  if (letter.subject) element.append(node("h2", "", letter.subject));
  element.append(node("p", "body", letter.body));
  const code = /(?<!\d)\d{6}(?!\d)/.exec(letter.body);
  if (code) element.append(codeLine(code[0]));
  return element;
}

function show(letters) {
  const newestFirst = [...letters].sort((a, b) => new Date(b.created_at) - new Date(a.created_at));
  newestFirst.forEach((letter, place) => {
    if (!shown.has(letter.id)) shown.set(letter.id, { letter, element: letterElement(letter) });
    const { element } = shown.get(letter.id);
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] || null);
  });
  while (list.children.length > newestFirst.length) list.lastElementChild.remove();
  say(newestFirst.length ? "" : TEXTS[language].empty);
}

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

function relabel() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = TEXTS[language][element.dataset.text];
  document.title = `${TEXTS[language].title} · Saalenetz`;
  switcher.textContent = TEXTS[language].other;
  switcher.lang = language === "de" ? "en" : "de";
  for (const entry of shown.values()) {
    const element = letterElement(entry.letter);
    entry.element.replaceWith(element);
    entry.element = element;
  }
}

async function poll() {
  try {
    const answer = await fetch("/demo/outbox.json", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    show(await answer.json());
  } catch {
    say(TEXTS[language].away);
  }
  setTimeout(poll, EVERY);
}

switcher.addEventListener("click", () => {
  language = language === "de" ? "en" : "de";
  relabel();
});
relabel();
poll();
