/** One's own account: password, second factor, sessions. Also the one page that is open while the second factor is missing. */

import { shortTime } from "../clock.js";
import { h } from "../dom.js";
import { say, sayCount } from "../wording.js";
import { act, dialog, field, form, onceOnly, secret, section, table, text } from "./parts.js";
import { squaresView } from "./squares.js";

export async function accountPage({ api, reload, done = () => {} }) {
  const account = await api.get("/account");
  return [
    section(say("desk_factor"), factorView(account, api, reload, done)),
    section(say("desk_password"), passwordForm(account, api)),
    section(say("desk_sessions"), h("p", { class: "muted" }, say("desk_sessions_hint")), sessionsTable(account.sessions, api, reload, "/account")),
  ];
}

/** Sessions with a button to end each; `base` is whose they are. `named`: they are different people's. */
export function sessionsTable(sessions, api, reload, base, named = false) {
  const words = (one) => [named && one.agent_name, clientName(one.client)].filter(Boolean).join(", ");
  return table(say("desk_sessions"), [
    ...(named ? [[say("desk_session_who"), (one) => h("span", { dir: "auto" }, one.agent_name)]] : []),
    [say("desk_session_client"), (one) => [clientName(one.client), one.own && " ", one.own && h("span", { class: "tag" }, say("desk_session_own"))]],
    [say("desk_session_address"), (one) => one.address],
    [say("desk_session_since"), (one) => shortTime(one.created_at)],
    [say("desk_session_used"), (one) => shortTime(one.used_at)],
    [say("desk_session_end"), (one) => (one.own ? "" : act(say("desk_session_end"), async () => {
      await api.post(`${base}/sessions/${encodeURIComponent(one.id)}/end`);
      await reload();
    }, { describe: say("desk_session_end_of", { client: words(one), time: shortTime(one.created_at) }) }))],
  ], sessions);
}

/** The browser's name out of what it says of itself; all of it where that is not one we know. */
function clientName(client) {
  const known = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => client.includes(mark));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((mark) => client.includes(mark));
  return known ? [known[1], system].filter(Boolean).join(" · ") : client.slice(0, 40) || say("desk_session_unknown");
}

function passwordForm(account, api) {
  const old = field(say("desk_password_old"), secret());
  const fresh = field(say("desk_password_new"), secret({ autocomplete: "new-password" }), say("desk_password_hint", { n: account.shortest_password }));
  return form([old, fresh], say("desk_password_change"), async () => {
    await api.post("/account/password", { old: old.input.value, new: fresh.input.value });
    old.input.value = "";
    fresh.input.value = "";
    return say("desk_password_changed");
  }, { name: say("desk_password") });
}

function factorView(account, api, reload, done) {
  if (account.second_factor) {
    const password = field(say("desk_password_current"), secret());
    return [
      h("p", {}, say("desk_factor_on"), " ", sayCount("desk_factor_codes", account.recovery_codes)),
      account.second_factor_required
        ? h("p", { class: "muted" }, say("desk_factor_required"))
        : h("details", {}, h("summary", {}, say("desk_factor_remove")), form([password], say("desk_factor_remove"), async () => {
          await api.post("/account/second-factor/remove", { password: password.input.value });
          await reload();
        }, { danger: true, name: say("desk_factor_remove") })),
    ];
  }
  const password = field(say("desk_password_current"), secret());
  return [
    h("p", {}, account.second_factor_required ? say("desk_factor_needed") : say("desk_factor_off")),
    form([password], say("desk_factor_begin"), async () => {
      const enrolment = await api.post("/account/second-factor", { password: password.input.value });
      password.input.value = "";
      enrolDialog(enrolment, api, async () => {
        await reload();
        done();
      });
    }, { name: say("desk_factor_begin") }),
  ];
}

/** Scan, type the first code, write down the recovery codes. */
function enrolDialog(enrolment, api, finished) {
  const code = field(say("desk_factor_code"), text("", { inputmode: "numeric", autocomplete: "one-time-code" }));
  const steps = h("div", { class: "dialog-steps" },
    h("p", {}, say("desk_factor_scan")),
    squaresView(enrolment.squares, say("desk_factor_picture")),
    h("p", {}, say("desk_factor_type"), " ", h("code", { class: "secret" }, enrolment.secret.match(/.{1,4}/g).join(" "))),
    form([code], say("desk_factor_confirm"), async () => {
      const { recovery_codes: codes } = await api.post("/account/second-factor/confirm", { code: code.input.value });
      steps.replaceChildren(...onceOnly(codes, say("desk_factor_recovery")));
    }, { name: say("desk_factor_confirm") }));
  const shown = dialog(say("desk_factor"), steps);
  shown.addEventListener("close", finished);
  code.input.focus();
}
