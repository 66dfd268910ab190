/** Cases: a row of the list, and the card in the details where a case is worked on. */

import { clockTime, countdown, timestamp } from "../clock.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { routeTo } from "../router.js";
import { say, sayNamed } from "../wording.js";
import { DUE_IN } from "./actions.js";

const STATUSES = ["open", "in_progress", "waiting_for_customer", "solved"];

export function caseRow(desk, one, current) {
  return h("a", { class: "row", href: routeTo({ view: "cases", id: one.conversation }), "aria-current": current ? "true" : null, data: { conversation: one.conversation, case: one.number } },
    h("span", { class: "row-top" }, h("span", { class: "row-name", dir: "auto" }, one.title || sayNamed("desk_reason", one.reason)), h("span", { class: "row-time" }, timestamp(one.created_at))),
    h("span", { class: "row-state" }, icon(one.owner ? "human" : "queue"), h("span", {}, `${one.owner?.name ?? say("desk_case_no_owner")} · ${desk.teamName(one.team)}`)),
    h("span", { class: "row-foot" }, countdown(one.due_at), h("span", { class: "tag" }, one.number), h("span", {}, sayNamed("desk_crm", one.status))));
}

export function caseCard(desk, one) {
  const choose = (key, label, options, chosen, change) => {
    const id = `case-${one.number}-${key}`;
    const control = h("select", { id, data: { key, field: key }, on: { change: () => send(change(control.value)) } },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
    return h("div", { class: "case-field" }, h("label", { for: id }, label), control);
  };
  const result = h("p", { class: "muted", role: "status", data: { kept: true } });
  const send = async (change) => {
    replace(result);
    try {
      await desk.changeCase(one.number, change);
      replace(result, say("desk_case_saved"));
    } catch (error) {
      replace(result, icon("warn"), error.message);
    }
  };
  const people = desk.people.agents.map((agent) => [agent.id, agent.name]);
  if (one.owner && !people.some(([id]) => id === one.owner.id)) people.push([one.owner.id, one.owner.name]);
  const teams = desk.people.teams.map((team) => [team.id, team.name]);
  if (!teams.some(([id]) => id === one.team)) teams.push([one.team, desk.teamName(one.team)]);
  return h("li", { class: "card", data: { key: one.number, case: one.number } },
    h("p", { class: "card-head" }, h("strong", {}, one.number), one.status === "solved" ? h("span", { class: "tag" }, sayNamed("desk_crm", "solved")) : countdown(one.due_at)),
    one.title && h("p", { dir: "auto" }, one.title),
    h("p", { class: "muted" }, `${sayNamed("desk_reason", one.reason)} · ${say("desk_case_due", { time: clockTime(one.due_at) })}`),
    choose("status", say("desk_case_status"), STATUSES.map((status) => [status, sayNamed("desk_crm", status)]), one.status, (status) => ({ status })),
    choose("owner", say("desk_case_owner"), [["", say("desk_case_no_owner")], ...people], one.owner?.id ?? "", (owner) => ({ owner })),
    choose("team", say("desk_case_team_label"), teams, one.team, (team) => ({ team })),
    choose("due", say("desk_case_new_due"), [["", say("desk_case_due_stays")], ...DUE_IN.map((hours) => [String(hours), say("desk_due_in_hours", { n: hours })])], "", (hours) => (hours ? { due_in: Number(hours) } : {})),
    one.external_ref && h("p", {}, say("desk_case_ticket", { number: one.external_ref, status: sayNamed("desk_crm", one.external_status) })),
    result);
}
