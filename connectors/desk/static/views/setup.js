/** What is shown instead of the desk while a required second factor is missing: the account's page, and a way out. */

import { api } from "../api.js";
import { h, replace } from "../dom.js";
import { say } from "../wording.js";
import { accountPage } from "../office/account.js";

export function setupView({ done, logout }) {
  const body = h("div", { class: "office-body" });
  const fill = async () => replace(body, await accountPage({ api, reload: fill, done }));
  const heading = h("h1", { tabindex: -1 }, say("desk_factor_needed_heading"));
  const element = h("main", { class: "office setup" }, heading, body,
    h("button", { type: "button", class: "button", on: { click: logout } }, say("desk_menu_logout")));
  fill().catch((problem) => replace(body, h("p", { class: "form-error", role: "alert" }, problem.message)));
  return { element, focus: () => heading.focus() };
}
