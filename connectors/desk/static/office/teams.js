/** Administrators: teams, their members, the topics that come to them, and how they are given conversations. */

import { h } from "../dom.js";
import { say, sayNamed } from "../wording.js";
import { act, choice, dialog, field, form, section, table, text, tick } from "./parts.js";

const RULES = ["manual", "round_robin", "least_busy"];

export async function teamsPage({ api, reload }) {
  const [{ teams, topics }, { agents }] = await Promise.all([api.get("/admin/teams"), api.get("/admin/agents")]);
  const people = agents.filter((one) => one.active);
  const names = new Map(people.map((one) => [one.id, one.name]));
  const edit = (one) => teamDialog(one, { teams, topics, people }, api, reload);
  return [
    h("p", { class: "muted" }, say("desk_teams_hint")),
    section(say("desk_office_teams"), table(say("desk_office_teams"), [
      [say("desk_team_name"), (one) => [h("span", { dir: "auto" }, one[`name_${document.documentElement.lang}`]), one.default && [" ", h("span", { class: "tag" }, say("desk_team_default"))], h("span", { class: "muted person-login" }, one.id)]],
      [say("desk_person_change"), (one) => act(say("desk_person_change"), () => edit(one), { describe: say("desk_team_change_of", { name: one.name_de }) })],
      [say("desk_team_rule"), (one) => say(`desk_team_rule_${one.assignment}`)],
      [say("desk_team_members"), (one) => (one.members.length ? h("span", { dir: "auto" }, one.members.map((id) => names.get(id) ?? id).join(", ")) : h("span", { class: "tag tag-warn" }, say("desk_team_nobody")))],
      [say("desk_team_topics"), (one) => (one.default ? say("desk_team_topics_rest", { topics: topicNames(one.topics) }) : topicNames(one.topics) || "–")],
    ], teams)),
    h("p", {}, h("button", { type: "button", class: "button button-primary", on: { click: () => edit(null) } }, say("desk_team_add"))),
  ];
}

const topicNames = (topics) => topics.map((name) => sayNamed("desk_intent", name)).join(", ");

function ticks(legend, hint, options, chosen) {
  const boxes = options.map(([value, label, more]) => ({ value, box: tick(label, chosen.includes(value)), more }));
  const element = h("fieldset", { class: "ticks" }, h("legend", {}, legend), h("p", { class: "muted" }, hint),
    h("div", { class: "ticks-list" }, boxes.map(({ box, more }) => h("div", {}, box, more && h("span", { class: "muted" }, more)))));
  element.chosen = () => boxes.filter(({ box }) => box.input.checked).map(({ value }) => value);
  return element;
}

function teamDialog(one, { teams, topics, people }, api, reload) {
  const id = one ? null : field(say("desk_team_id"), text("", { autocapitalize: "none", spellcheck: "false", maxlength: 40 }), say("desk_team_id_hint"));
  const german = field(say("desk_team_name_de"), text(one?.name_de, { lang: "de", maxlength: 120 }));
  const english = field(say("desk_team_name_en"), text(one?.name_en, { lang: "en", maxlength: 120 }));
  const rule = field(say("desk_team_rule"), choice(RULES.map((name) => [name, say(`desk_team_rule_${name}`)]), one?.assignment ?? "manual"), say("desk_team_rule_hint"));
  const members = ticks(say("desk_team_members"), say("desk_team_members_hint"),
    people.map((person) => [person.id, person.name, say("desk_team_capacity", { n: person.capacity })]), one?.members ?? []);
  const taken = new Map(teams.filter((other) => other.id !== one?.id).flatMap((other) => other.topics.map((name) => [name, other])));
  const free = topics.filter((name) => !taken.has(name)).map((name) => [name, sayNamed("desk_intent", name)]).sort((a, b) => a[1].localeCompare(b[1]));
  const about = ticks(say("desk_team_topics"), say("desk_team_topics_hint"), free, one?.topics ?? []);
  const shown = dialog(one ? say("desk_team_change_of", { name: one.name_de }) : say("desk_team_add"),
    form([id, h("div", { class: "field-row" }, german, english), rule, members, about], say("desk_save"), async () => {
      const body = { name_de: german.input.value, name_en: english.input.value, assignment: rule.input.value, members: members.chosen(), topics: about.chosen() };
      if (one) await api.post(`/admin/teams/${encodeURIComponent(one.id)}`, body);
      else await api.post("/admin/teams", { ...body, id: id.input.value });
      shown.close();
      await reload();
    }, { name: say("desk_office_teams") }));
  shown.classList.add("dialog-wide");
  (id ?? german).input.focus();
}
