/** Administrators: templates with what the provider said of them, and the log of who saw and did what. */

import { fullTime, shortTime, timestamp } from "../clock.js";
import { h } from "../dom.js";
import { say, sayNamed } from "../wording.js";
import { hoursText } from "./hours.js";
import { act, choice, field, section, table } from "./parts.js";

export async function templatesPage({ api }) {
  const { templates, channel } = await api.get("/admin/templates");
  return [
    h("p", { class: "muted" }, say(channel ? "desk_templates_hint" : "desk_templates_off")),
    templates.map((one) => section(`${one.name} · ${one.language}`,
      h("p", {}, h("span", { class: one.state === "APPROVED" ? "tag" : "tag tag-warn" }, one.state ? sayNamed("desk_template", one.state.toLowerCase()) : say("desk_template_unknown")),
        " ", one.at && say("desk_template_since", { time: shortTime(one.at) }), one.reason && ` · ${one.reason}`),
      h("blockquote", { class: "quote", lang: one.language }, one.text))),
  ];
}

const AREAS = ["", "conversation.", "case.", "example", "attachment.", "login", "account.", "password.", "second_factor.", "session.", "team.", "canned.", "hours.", "security.", "log."];

export async function logPage({ api }) {
  const { agents } = await api.get("/admin/agents");
  const names = new Map(agents.map((one) => [one.id, one.name]));
  const who = field(say("desk_log_who"), choice([["", say("desk_log_everybody")], ...names], ""));
  const what = field(say("desk_log_what"), choice(AREAS.map((area) => [area, say(`desk_log_area_${area.replace(".", "") || "all"}`)]), ""));
  const place = h("div", { class: "office-section log-place" });
  const load = async (before = "") => {
    const query = new URLSearchParams({ agent: who.input.value, action: what.input.value, before });
    const { entries } = await api.get(`/admin/log?${query}`);
    if (!before) place.replaceChildren();
    place.querySelector(".act")?.remove();
    if (!before || entries.length) place.append(logTable(entries, names));
    if (entries.length === 100) place.append(act(say("desk_log_older"), () => load(entries.at(-1).id)));
  };
  const again = () => load().catch((problem) => place.replaceChildren(h("p", { class: "form-error", role: "alert" }, problem.message)));
  for (const one of [who, what]) one.input.addEventListener("change", again);
  await load();
  return [h("p", { class: "muted" }, say("desk_log_hint")), h("div", { class: "field-row" }, who, what), place];
}

function logTable(entries, names) {
  return table(say("desk_office_log"), [
    [say("desk_log_when"), (one) => timestamp(one.at, shortTime(one.at))],
    [say("desk_log_who"), (one) => h("span", { dir: "auto" }, one.agent_name === "?" ? say("desk_log_nobody") : one.agent_name)],
    [say("desk_log_what"), (one) => actionText(one.action)],
    [say("desk_log_subject"), (one) => subjectView(one, names)],
    [say("desk_log_detail"), (one) => detailText(one, names)],
    [say("desk_session_address"), (one) => one.address],
  ], entries);
}

function actionText(action) {
  const refused = action.endsWith(".refused") && action !== "login.refused";
  const name = sayNamed("desk_log", (refused ? action.slice(0, -8) : action).replaceAll(".", "_"));
  return refused ? say("desk_log_refused", { action: name }) : name;
}

function subjectView(entry, names) {
  if (entry.action.startsWith("conversation.") || entry.action === "case.made") return h("a", { href: `#/waiting/${encodeURIComponent(entry.subject)}` }, `… ${entry.subject.slice(-6)}`);
  return names.get(entry.subject) ?? (entry.subject.length > 20 ? `… ${entry.subject.slice(-6)}` : entry.subject);
}

/** Fields that are whole records before and after, as what differs between them. */
function differences({ before, after, session, ...detail }) {
  const keys = Object.keys({ ...before, ...after }).filter((key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]));
  return { ...detail, ...Object.fromEntries(keys.map((key) => [key, [before?.[key] ?? null, after?.[key] ?? null]])) };
}

/** A value in words: a list by its parts, a record by what is in it. */
function valueText(key, value, names) {
  if (value === null || value === "") return "–";
  if (typeof value === "boolean") return say(value ? "desk_yes" : "desk_no");
  if (typeof value === "object") return Object.values(value).map((one) => valueText(key, one, names)).join(Array.isArray(value) ? ", " : " / ") || "–";
  if (key === "hours") return hoursText(String(value));
  const prefix = { intent: "desk_intent", topics: "desk_intent", role: "desk_role", assignment: "desk_team_rule", state: "desk_state" }[key];
  return prefix ? sayNamed(prefix, String(value).toLowerCase()) : names.get(value) ?? String(value);
}

/** What changed, from what to what. */
function detailText(entry, names) {
  const fields = Object.entries(differences(entry.detail));
  const isChange = (value) => Array.isArray(value) && value.length === 2;
  const words = (key, value) => [...new Set((isChange(value) ? value : [value]).map((one) => valueText(key, one, names)))].join(" → ");
  return fields.length > 0 && h("span", { title: fullTime(entry.at), class: "log-detail" }, fields.map(([key, value]) => `${sayNamed("desk_log_field", key)}: ${words(key, value)}`).join(" · "));
}
