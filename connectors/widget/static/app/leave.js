/**
 * How to be answered elsewhere: by mail, telephone or WhatsApp, chosen in a small form in place of the field to write in.
 *
 * Guarantee: what is filled in stays until the server has it, under one client id, so sending again is the same wish.
 * On failure one sentence says what is the matter, at the field where it can be put right.
 */
import { h, write } from "./dom.js";
import { newClientId } from "./ids.js";

const WAYS = ["mail", "phone", "whatsapp"];
const ANSWER_WITHIN = 12_000;

async function post(base, session, language, body) {
  const answer = await fetch(new URL("leave", base), {
    ...{ method: "POST", credentials: "omit", signal: AbortSignal.timeout(ANSWER_WITHIN), body: JSON.stringify(body) },
    headers: { "Authorization": `Bearer ${session.token}`, "Accept-Language": language, "Content-Type": "application/json" },
  });
  return answer.ok ? null : (await answer.json()).message;
}

export class Leave {
  #texts;
  #clientId = newClientId();

  /** `handlers` has base, session and onClosed(), called when the form is gone. */
  constructor(texts, handlers) {
    this.handlers = handlers;
    this.legend = h("legend");
    this.ways = WAYS.map((way, place) => ({
      input: h("input", { type: "radio", name: "way", value: way, id: `way-${way}`, checked: place === 0, onchange: () => this.#chosen() }),
      label: h("label", { for: `way-${way}` }, h("span")),
    }));
    const choices = this.ways.map(({ input, label }) => h("div", { class: "way" }, input, label));
    this.label = h("label", { for: "contact" });
    const told = { "aria-describedby": "contact-error", oninput: () => this.#say("") };
    this.contact = h("input", { id: "contact", class: "contact", required: true, ...told });
    this.error = h("p", { id: "contact-error", class: "hint", role: "alert" });
    this.send = h("button", { type: "submit", class: "send" });
    this.cancel = h("button", { type: "button", class: "quiet", onclick: () => this.close() });
    const form = { class: "composer leave", novalidate: true, hidden: true, onsubmit: (event) => this.#submit(event) };
    const fields = [h("fieldset", {}, this.legend, ...choices), this.label, this.contact, this.error];
    this.element = h("form", form, ...fields, h("div", { class: "field" }, this.send, this.cancel));
    this.relabel(texts);
  }

  relabel(texts) {
    this.#texts = texts;
    write(this.legend, texts.say("leave"));
    for (const { input, label } of this.ways) write(label.firstChild, texts.say(`leave_${input.value}`));
    write(this.send, texts.say("leave_send"));
    write(this.cancel, texts.say("leave_cancel"));
    this.#label();
  }

  open() {
    this.element.hidden = false;
    this.ways[0].input.focus();
  }

  close() {
    this.element.hidden = true;
    this.#say("");
    this.handlers.onClosed();
  }

  get #way() {
    return this.ways.find(({ input }) => input.checked).input.value;
  }

  #chosen() {
    this.#label();
    this.#say("");
  }

  #label() {
    const mail = this.#way === "mail";
    write(this.label, this.#texts.say(mail ? "leave_contact_mail" : "leave_contact_phone"));
    this.contact.type = mail ? "email" : "tel";
    this.contact.autocomplete = mail ? "email" : "tel";
  }

  #say(text) {
    write(this.error, text);
    this.element.classList.toggle("over", Boolean(text));
    this.contact.setAttribute("aria-invalid", String(Boolean(text)));
  }

  async #submit(event) {
    event.preventDefault();
    if (this.send.disabled) return;
    this.send.disabled = true;
    const { base, session } = this.handlers;
    const body = { client_id: this.#clientId, way: this.#way, contact: this.contact.value };
    const refusal = await post(base, session, this.#texts.language, body).catch(() => this.#texts.say("leave_failed"));
    this.send.disabled = false;
    if (refusal) {
      this.#say(refusal);
      this.send.scrollIntoView({ block: "nearest" });
      this.contact.focus({ preventScroll: true });
      return;
    }
    this.#clientId = newClientId();
    this.contact.value = "";
    this.close();
  }
}
