/** The agent's own menu: who I am, language, appearance, keys, sign out. */

import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { officeLink, pagesOf } from "../office/office.js";
import { recall, remember } from "../storage.js";
import { language, loadWording, say, sayNamed } from "../wording.js";

export function menuView(agent, { languageChanged, logout }, showKeys) {
  const error = h("p", { class: "form-error", role: "alert" });
  const panel = h("div", { class: "menu", id: "menu", popover: "auto" },
    h("p", { class: "menu-who" }, h("span", { class: "muted" }, say("desk_menu_signed_in_as")), h("strong", { dir: "auto" }, agent.name),
      h("span", { class: "muted" }, `${agent.login} · ${sayNamed("desk_role", agent.role)}`)),
    choice("language", say("desk_menu_language"), [["de", "Deutsch"], ["en", "English"]], language(), async (code) => {
      await loadWording(code);
      languageChanged();
    }),
    choice("theme", say("desk_menu_theme"), [["system", say("desk_theme_system")], ["light", say("desk_theme_light")], ["dark", say("desk_theme_dark")]], recall("theme", "system"), setTheme),
    h("nav", { "aria-label": say("desk_office") }, pagesOf(agent).map((page) => h("a", { class: "menu-item", href: officeLink(page), on: { click: () => panel.hidePopover() } }, say(`desk_office_${page}`)))),
    h("button", { type: "button", class: "menu-item", on: { click: () => { panel.hidePopover(); showKeys(); } } }, say("desk_menu_keys"), h("kbd", {}, "?")),
    h("button", { type: "button", class: "menu-item", data: { action: "logout" }, on: { click: () => logout().catch((problem) => replace(error, problem.message)) } }, say("desk_menu_logout")),
    error);
  const button = h("button", { type: "button", class: "menu-button", popovertarget: "menu", "aria-label": say("desk_menu", { name: agent.name }) },
    icon("human"), h("span", { class: "menu-name", dir: "auto" }, agent.name), icon("down"));
  return h("div", { class: "menu-place" }, button, panel);
}

function choice(name, label, options, chosen, changed) {
  return h("fieldset", { class: "choice" }, h("legend", {}, label),
    h("div", { class: "choice-options" }, options.map(([value, text]) => h("label", {},
      h("input", { type: "radio", name, value, checked: value === chosen, on: { change: () => changed(value) } }),
      h("span", {}, text)))));
}

function setTheme(theme) {
  remember("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
