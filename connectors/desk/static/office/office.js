/**
 * The office: pages beside the conversations, for one's own account, for supervisors and for administrators.
 *
 * Guarantee: a page that the role does not allow has no link; the server refuses it in any case. A page that cannot be
 * loaded says why and offers to try again. The address is #/office/{page}, so reload and back lead to the same place.
 */

import { api } from "../api.js";
import { h, replace } from "../dom.js";
import { say } from "../wording.js";
import { messageView } from "../views/message.js";
import { accountPage } from "./account.js";
import { hoursPage } from "./hours.js";
import { peoplePage, sessionsPage } from "./people.js";
import { logPage, templatesPage } from "./records.js";
import { repliesPage } from "./replies.js";
import { boardPage, figuresPage } from "./supervision.js";
import { teachingPage } from "./teaching.js";
import { teamsPage } from "./teams.js";

const ROLES = ["agent", "supervisor", "administrator"];

/** name → [least role, page]. A page is `async ({agent, api, reload, query}) => nodes`. */
const PAGES = new Map([
  ["account", ["agent", accountPage]],
  ["board", ["supervisor", boardPage]],
  ["figures", ["supervisor", figuresPage]],
  ["teaching", ["supervisor", teachingPage]],
  ["people", ["administrator", peoplePage]],
  ["teams", ["administrator", teamsPage]],
  ["replies", ["administrator", repliesPage]],
  ["sessions", ["administrator", sessionsPage]],
  ["hours", ["administrator", hoursPage]],
  ["templates", ["administrator", templatesPage]],
  ["log", ["administrator", logPage]],
]);

export const officeLink = (page) => `#/office/${page}`;

/** The page that the address names, or null where it names none. */
export function officePage() {
  const [, area, page] = location.hash.split("/");
  return area === "office" ? (PAGES.has(page) ? page : "account") : null;
}

export const pagesOf = (agent) => [...PAGES].filter(([, [role]]) => ROLES.indexOf(agent.role) >= ROLES.indexOf(role)).map(([name]) => name);

export class Office {
  constructor(agent) {
    this.agent = agent;
    this.links = new Map(pagesOf(agent).map((name) => [name, h("a", { class: "office-link", href: officeLink(name) }, say(`desk_office_${name}`))]));
    this.heading = h("h1", { tabindex: -1 });
    this.body = h("div", { class: "office-body" });
    this.element = h("main", { class: "office", hidden: true },
      h("nav", { class: "office-nav", "aria-label": say("desk_office") },
        h("a", { class: "office-link office-back", href: "#/waiting" }, say("desk_office_back")), [...this.links.values()]),
      h("div", { class: "office-page" }, this.heading, this.body));
  }

  /** Shows the page that the address names; false where it names none. */
  show() {
    const name = officePage();
    this.element.hidden = !name;
    if (name && name !== this.name) this.open(name);
    this.name = name;
    return Boolean(name);
  }

  async open(name) {
    this.name = name;
    for (const [page, link] of this.links) {
      if (page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    // On a phone the links are one line that scrolls.
    this.links.get(name)?.scrollIntoView({ block: "nearest", inline: "center" });
    this.heading.textContent = say(`desk_office_${name}`);
    document.title = `${say(`desk_office_${name}`)} · Klartext`;
    replace(this.body, h("p", { class: "muted" }, say("desk_loading")));
    this.focus();
    await this.fill(name);
  }

  focus() {
    this.heading.focus({ preventScroll: true });
  }

  async fill(name) {
    try {
      const nodes = await PAGES.get(name)[1]({ agent: this.agent, api, reload: () => this.fill(name) });
      if (this.name === name) replace(this.body, nodes);
    } catch (error) {
      if (this.name === name) replace(this.body, messageView({ icon: "warn", heading: say("desk_office_failed"), text: error.message, action: say("desk_retry"), onAction: () => this.fill(name) }));
    }
  }
}
