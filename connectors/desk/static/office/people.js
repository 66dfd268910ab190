/** Administrators: who works here, with which role, and who is logged in. */

import { shortTime } from "../clock.js";
import { h } from "../dom.js";
import { say } from "../wording.js";
import { sessionsTable } from "./account.js";
import { act, choice, dialog, field, form, onceOnly, section, table, text, tick } from "./parts.js";

const roles = () => ["agent", "supervisor", "administrator"].map((role) => [role, say(`desk_role_${role}`)]);

export async function peoplePage({ api, reload }) {
  const [{ agents }, security] = await Promise.all([api.get("/admin/agents"), api.get("/admin/security")]);
  return [
    section(say("desk_people"), table(say("desk_people"), [
      [say("desk_person_name"), (one) => [h("span", { dir: "auto" }, one.name), h("span", { class: "muted person-login" }, one.login)]],
      [say("desk_person_change"), (one) => act(say("desk_person_change"), () => personDialog(one, api, reload), { describe: say("desk_person_change_of", { name: one.name }) })],
      [say("desk_person_role"), (one) => say(`desk_role_${one.role}`)],
      [say("desk_person_capacity"), (one) => one.capacity, { number: true }],
      [say("desk_person_state"), (one) => (one.active ? say("desk_person_active") : h("span", { class: "tag tag-warn" }, say("desk_person_inactive")))],
      [say("desk_factor"), (one) => say(one.second_factor ? "desk_yes" : "desk_no")],
      [say("desk_person_seen"), (one) => (one.last_seen_at ? shortTime(one.last_seen_at) : say("desk_person_never"))],
    ], agents)),
    section(say("desk_person_add"), addForm(api, reload)),
    section(say("desk_security"), securityForm(security, api)),
  ];
}

export async function sessionsPage({ api, reload }) {
  const { sessions } = await api.get("/admin/sessions");
  return [h("p", { class: "muted" }, say("desk_sessions_all_hint")), h("div", { class: "office-section" }, sessionsTable(sessions, api, reload, "/admin", true))];
}

function addForm(api, reload) {
  const login = field(say("desk_login_name"), text("", { autocapitalize: "none", spellcheck: "false" }));
  const name = field(say("desk_person_name"), text(), say("desk_person_name_hint"));
  const role = field(say("desk_person_role"), choice(roles(), "agent"));
  return form([h("div", { class: "field-row" }, login, name, role)], say("desk_person_add"), async () => {
    const added = await api.post("/admin/agents", { login: login.input.value, name: name.input.value, role: role.input.value });
    showPassword(added.login, added.password).addEventListener("close", () => reload());
  }, { name: say("desk_person_add") });
}

const showPassword = (login, password) => dialog(say("desk_password_of", { login }), ...onceOnly([password], say("desk_password_once")));

function personDialog(one, api, reload) {
  const base = `/admin/agents/${encodeURIComponent(one.id)}`;
  const name = field(say("desk_person_name"), text(one.name));
  const role = field(say("desk_person_role"), choice(roles(), one.role));
  const capacity = field(say("desk_person_capacity"), h("input", { type: "number", min: 0, max: 100, value: one.capacity }), say("desk_person_capacity_hint"));
  const active = tick(say("desk_person_may_log_in"), one.active);
  const save = form([name, role, capacity, active, h("p", { class: "muted" }, say("desk_person_inactive_hint"))], say("desk_save"), async () => {
    await api.post(base, { name: name.input.value, role: role.input.value, active: active.input.checked, capacity: capacity.input.valueAsNumber });
    shown.close();
    await reload();
  }, { name: say("desk_person_change") });
  const more = h("div", { class: "dialog-more" },
    act(say("desk_password_give"), async () => {
      const { password } = await api.post(`${base}/password`);
      shown.close();
      showPassword(one.login, password);
    }),
    one.second_factor && act(say("desk_factor_take"), async () => {
      await api.post(`${base}/second-factor/remove`);
      shown.close();
      await reload();
    }),
    h("p", { class: "muted" }, say("desk_person_more_hint")));
  const shown = dialog(one.name, save, more);
  name.input.focus();
}

function securityForm(security, api) {
  const required = tick(say("desk_security_required"), security.second_factor_required);
  return form([required, h("p", { class: "muted" }, say("desk_security_hint"))], say("desk_save"), async () => {
    await api.post("/admin/security", { second_factor_required: required.input.checked });
    return say("desk_saved");
  }, { name: say("desk_security") });
}
