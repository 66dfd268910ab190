/**
 * The questions before a step: pass on, invite, close, make a case.
 *
 * Guarantee: nothing happens before the agent confirms; a refusal is said in the dialog, which stays open with
 * everything that was typed. What was typed is kept like a draft until the step is done, over a reload and a new login.
 */

import { announce, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { say, sayNamed } from "../wording.js";

const CLOSE_REASONS = ["solved", "no_answer", "duplicate", "not_for_us", "abuse", "other"];
/** Working hours until a case is due, as offered. */
export const DUE_IN = [4, 10, 20, 50];

/** A question with fields, one at a time; `send(values)` does the step and may throw a sentence for the agent. */
function ask(desk, id, { name, fields, send }) {
  // Colleagues were fetched first: meanwhile another question may be there, or another conversation.
  if (document.querySelector("dialog[open]") || desk.state.open?.id !== id) return null;
  const typed = (key) => `${id}/${name}/${key}`;
  const keep = (key, control) => {
    control.value = desk.outbox.draft(typed(key));
    control.addEventListener("input", () => desk.outbox.setDraft(typed(key), control.value));
    return control;
  };
  const controls = fields.map((field) => ({ ...field, control: field.control(`${name}-${field.key}`) }));
  for (const { key, control } of controls) if (control.tagName === "INPUT") keep(key, control);
  const notes = keep("note", h("textarea", { id: `${name}-note`, rows: 2, maxlength: 4000, dir: "auto" }));
  const error = h("div", { class: "form-error", role: "alert" });
  const confirm = h("button", { type: "submit", class: "button button-primary", data: { action: "confirm" } }, say(`desk_${name}_confirm`));
  const form = h("form", { class: "dialog-body", on: { submit: submitted } },
    h("h2", { id: `${name}-heading` }, say(`desk_${name}`)),
    h("p", {}, say(`desk_${name}_text`)),
    controls.map(({ key, control }) => h("div", { class: "field" }, h("label", { for: `${name}-${key}` }, say(`desk_${name}_${key}`)), control)),
    h("div", { class: "field" }, h("label", { for: `${name}-note` }, say("desk_step_note")), notes, h("p", { class: "muted" }, say("desk_step_note_hint"))),
    error,
    h("div", { class: "dialog-actions" }, h("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, say("desk_cancel")), confirm));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": `${name}-heading`, on: { close: () => {
    dialog.remove();
    desk.state.emit("answered", id);
  } } }, form);
  let busy = false;

  async function submitted(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    replace(error);
    try {
      const values = Object.fromEntries(controls.map(({ key, control }) => [key, control.value]));
      await send({ ...values, note: notes.value.trim() || null });
      for (const key of ["note", ...Object.keys(values)]) desk.outbox.setDraft(typed(key), "");
      dialog.close();
      announce(say(`desk_${name}_done`));
    } catch (problem) {
      replace(error, icon("warn"), h("span", {}, problem.message));
    }
    busy = false;
  }

  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const select = (options) => (id) => h("select", { id }, options.map(([value, text, disabled]) => h("option", { value, disabled }, text)));

/** In this order colleagues are offered: whoever is there first. */
const PRESENCE = ["available", "idle", "away", "offline"];

function colleagues(desk) {
  return desk.people.agents.filter((one) => one.id !== desk.agent.id)
    .sort((a, b) => PRESENCE.indexOf(a.state) - PRESENCE.indexOf(b.state) || a.load - b.load || a.name.localeCompare(b.name))
    .map((one) => [`agent:${one.id}`, say("desk_colleague", { name: one.name, state: say(`desk_state_${one.state}`), load: one.load }), one]);
}

export async function askTransfer(desk, id) {
  await desk.loadPeople();
  const { team } = desk.state.summary(id);
  const teams = desk.people.teams.map((one) => [`team:${one.id}`, say("desk_team_option", { name: one.name }), one]);
  const options = [...teams.filter(([, , one]) => one.id !== team), ...colleagues(desk).map(([value, text, one]) => [value, text, one.state !== "available"]), ...teams.filter(([, , one]) => one.id === team)];
  return ask(desk, id, {
    name: "transfer",
    fields: [{ key: "to", control: select(options.map(([value, text, off]) => [value, text, off === true])) }],
    send: ({ to, note }) => {
      const [kind, ...rest] = to.split(":");
      return desk.act(id, "transfer", { [kind]: rest.join(":"), note });
    },
  });
}

export async function askInvite(desk, id) {
  await desk.loadPeople();
  return ask(desk, id, {
    name: "invite",
    fields: [{ key: "agent", control: select(colleagues(desk).map(([value, text]) => [value.slice(6), text])) }],
    send: ({ agent, note }) => desk.act(id, "invite", { agent, note }),
  });
}

export function askClose(desk, id) {
  return ask(desk, id, {
    name: "close_talk",
    fields: [{ key: "reason", control: select(CLOSE_REASONS.map((reason) => [reason, sayNamed("desk_close_reason", reason)])) }],
    send: ({ reason, note }) => desk.act(id, "close", { reason, note }),
  });
}

export function askCase(desk, id) {
  const { team } = desk.state.summary(id);
  const teams = [...desk.people.teams].sort((a, b) => Number(b.id === team) - Number(a.id === team));
  return ask(desk, id, {
    name: "make_case",
    fields: [
      { key: "title", control: (field) => h("input", { id: field, type: "text", maxlength: 200, required: true, dir: "auto" }) },
      { key: "team", control: select(teams.map((one) => [one.id, one.name])) },
      { key: "due_in", control: select(DUE_IN.map((hours) => [hours, say("desk_due_in_hours", { n: hours })])) },
    ],
    send: ({ title, team: chosen, due_in: hours, note }) => desk.act(id, "case", { title, team: chosen, due_in: Number(hours), note }),
  });
}
