// A phone: writes, presses, shows. Whatever comes from outside is shown as text, never as markup.

const base = "/demo/whatsapp";
const language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "de";
const byId = (id) => document.getElementById(id);
const thread = byId("thread");
const state = byId("state");
const field = byId("text");

let words = {};
let phone = null;
let after = 0;
let marks = 0;
let generation = 0;
let typingEnds = 0;
const own = new Map();

const say = (key) => words[`phone_${key}`] ?? "";

async function call(path, body, headers = {}) {
  const options = body === undefined
    ? { headers }
    : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
  const response = await fetch(`${base}/${path}`, options);
  if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status });
  return response.json();
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function clock(date = new Date()) {
  // By 24 hours in both languages, as the texts say times.
  return date.toLocaleTimeString(language === "en" ? "en-GB" : "de", { hour: "2-digit", minute: "2-digit" });
}

function atEnd() {
  thread.scrollTop = thread.scrollHeight;
}

function picture(source, description) {
  const shown = element("img", "picture-sent");
  shown.src = source;
  shown.alt = description;
  shown.addEventListener("load", atEnd);
  return shown;
}

function showOwn(text, send, image) {
  const item = element("div", "own");
  const bubble = element("div", "bubble", image ? undefined : text);
  if (image) bubble.append(picture(image, text));
  const meta = element("span", "meta", `${clock()} `);
  const ticks = element("span", "ticks", "◷");
  ticks.title = say("waiting");
  meta.append(ticks);
  bubble.append(meta);
  item.append(bubble);
  thread.append(item);
  atEnd();
  const attempt = async () => {
    item.classList.remove("failed");
    try {
      const { id } = await send();
      ticks.textContent = "✓✓";
      ticks.title = say("sent");
      own.set(id, ticks);
    } catch (error) {
      if (error.status === 401) return begin();
      item.classList.add("failed");
      ticks.textContent = say("failed");
    }
  };
  meta.addEventListener("click", () => item.classList.contains("failed") && attempt());
  attempt();
}

function markRead(ids) {
  for (const id of ids) {
    const ticks = own.get(id);
    if (!ticks) continue;
    ticks.classList.add("read");
    ticks.title = say("read");
  }
}

// The author's label stands at the beginning of every text, before a middle dot.
function withLabel(bubble, text) {
  const end = text.indexOf(" · ");
  const label = end > 0 && end < 60 ? text.slice(0, end + 2) : "";
  if (label) bubble.append(element("span", "label", label));
  withLinks(bubble, text.slice(label.length));
}

// As on a phone, an address can be opened; the mark behind it belongs to the sentence.
function withLinks(bubble, text) {
  for (const [index, part] of text.split(/(https?:\/\/[^\s<>"„“]*[^\s<>"„“.,;:!?)])/u).entries()) {
    if (index % 2 === 0) {
      bubble.append(document.createTextNode(part));
      continue;
    }
    const link = element("a", "", part);
    link.href = part;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    bubble.append(link);
  }
}

function fileOf(message) {
  const source = `${base}/files/${encodeURIComponent(message.id)}`;
  if (message.file.kind === "image") return picture(source, say("picture"));
  const link = element("a", "file", `📎 ${message.file.name ?? say("file")}`);
  link.href = source;
  link.download = message.file.name ?? "";
  return link;
}

function show(message) {
  const item = element("div");
  const bubble = element("div", "bubble");
  if (message.file) bubble.append(fileOf(message));
  withLabel(bubble, message.text);
  bubble.append(element("span", "meta", clock(new Date(message.at * 1000))));
  item.append(bubble);
  if (message.choices.length) item.append(choices(message));
  thread.append(item);
  typingEnds = 0;
  atEnd();
}

function choices(message) {
  const box = element("div", "choices");
  if (message.kind === "list") {
    const open = element("button", "", `☰ ${message.open}`);
    open.type = "button";
    open.addEventListener("click", () => openSheet(message, open));
    box.append(open);
    return box;
  }
  for (const choice of message.choices) {
    const button = element("button", "", choice.title);
    button.type = "button";
    button.addEventListener("click", () => {
      for (const other of box.children) other.disabled = true;
      press(message, choice);
    });
    box.append(button);
  }
  return box;
}

function press(message, choice) {
  showOwn(choice.title, () =>
    call("messages", { token: phone.token, press: { message: message.id, choice: choice.id } }));
}

let sheetOpener = null;

function openSheet(message, opener) {
  sheetOpener = opener;
  byId("sheet-title").textContent = message.open;
  const rows = message.choices.map((choice) => {
    const item = element("li");
    const button = element("button", "", choice.title);
    button.type = "button";
    if (choice.description) button.append(element("small", "", choice.description));
    button.addEventListener("click", () => {
      closeSheet();
      press(message, choice);
    });
    item.append(button);
    return item;
  });
  byId("sheet-rows").replaceChildren(...rows);
  byId("sheet").hidden = false;
  rows[0].firstChild.focus();
}

function closeSheet() {
  byId("sheet").hidden = true;
  sheetOpener?.focus();
}

function tick() {
  state.textContent = Date.now() < typingEnds ? say("typing") : say("business_kind");
}

async function follow(mine) {
  while (mine === generation) {
    try {
      const found = await call(`messages?after=${after}&marks=${marks}`, undefined, { "X-Phone": phone.token });
      if (mine !== generation) return;
      marks = found.marks;
      markRead(found.read);
      // As on a real phone, the sign goes out by itself after 25 seconds.
      if (found.typing.some((id) => own.has(id))) typingEnds = Date.now() + 25000;
      after += found.messages.length;
      found.messages.forEach(show);
      tick();
    } catch (error) {
      if (error.status === 401) return begin();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

async function begin() {
  generation += 1;
  phone = await call("phone", { language });
  after = 0;
  own.clear();
  byId("number").textContent = `+${phone.number}`;
  thread.replaceChildren(element("div", "hint", say("hint")));
  follow(generation);
  field.focus();
}

function grow() {
  field.rows = Math.min(5, field.value.split("\n").length);
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text || !phone) return;
  field.value = "";
  grow();
  showOwn(text, () => call("messages", { token: phone.token, text }));
  field.focus();
});
field.addEventListener("input", grow);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("composer").requestSubmit();
  }
});

function attachments(open) {
  byId("attachments").hidden = !open;
  byId("attach").setAttribute("aria-expanded", String(open));
}

byId("attach").addEventListener("click", () => attachments(byId("attachments").hidden));
for (const button of document.querySelectorAll("[data-sample]")) {
  button.addEventListener("click", () => {
    attachments(false);
    const { sample } = button.dataset;
    const image = sample === "image" ? `${base}/samples/image` : undefined;
    showOwn(`[${button.textContent}]`, () => call("messages", { token: phone.token, sample }), image);
  });
}
byId("sheet-close").addEventListener("click", closeSheet);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  attachments(false);
  if (!byId("sheet").hidden) closeSheet();
});
byId("colleague").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("colleague-text").value.trim();
  if (!text || !phone) return;
  try {
    await call("colleague", { token: phone.token, text });
  } catch (error) {
    if (error.status === 401) await begin();
  }
});
byId("new").addEventListener("click", begin);
for (const box of document.querySelectorAll("fieldset input")) {
  box.addEventListener("change", () => {
    const all = [...document.querySelectorAll("fieldset input")];
    call("troubles", Object.fromEntries(all.map((one) => [one.name, one.checked])));
  });
}

async function start() {
  words = await call(`wording/${language}.json`);
  document.documentElement.lang = language;
  document.title = say("page_title");
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = say(one.dataset.text);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
  field.placeholder = say("write");
  byId("colleague-text").value = say("colleague_text");
  setInterval(tick, 1000);
  await begin();
}

start();
