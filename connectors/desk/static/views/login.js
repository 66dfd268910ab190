/** The login form: plain fields that password managers know, one clear sentence per failure. */

import { api } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { language, loadWording, say } from "../wording.js";

export function loginView({ notice, typed, signedIn, languageChanged }) {
  const name = h("input", {
    id: "login", name: "username", type: "text", autocomplete: "username", autocapitalize: "none", autocorrect: "off", spellcheck: "false", required: true,
  });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  name.value = typed.name ?? "";
  password.value = typed.password ?? "";
  // Shown once the server asks for it.
  const code = h("input", { id: "code", name: "code", type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 40 });
  const codePlace = h("div", { class: "login-code", hidden: true }, h("label", { for: "code" }, say("desk_login_code")), code, h("p", { class: "muted" }, say("desk_login_code_hint")));
  const error = h("div", { class: "form-error", role: "alert", id: "login-error" });
  const submit = h("button", { type: "submit", class: "button button-primary button-wide" }, say("desk_login_submit"));
  const reveal = h("input", { type: "checkbox", id: "reveal", on: { change: () => { password.type = reveal.checked ? "text" : "password"; } } });

  const fail = (message, field) => {
    replace(error, icon("warn"), h("span", {}, message));
    for (const input of [name, password, code]) input.setAttribute("aria-describedby", "login-error");
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };

  const form = h("form", { class: "login-form", method: "post", novalidate: true, on: { submit: send } },
    h("label", { for: "login" }, say("desk_login_name")), name,
    h("label", { for: "password" }, say("desk_login_password")), password,
    h("label", { class: "check", for: "reveal" }, reveal, h("span", {}, say("desk_login_show_password"))),
    codePlace, error, submit);

  async function send(event) {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled") === "true") return;
    replace(error);
    for (const input of [name, password, code]) input.removeAttribute("aria-invalid");
    if (!name.value.trim() || !password.value) {
      fail(say("desk_login_missing"), name.value.trim() ? password : name);
      return;
    }
    submit.setAttribute("aria-disabled", "true");
    replace(submit, say("desk_login_busy"));
    try {
      await api.login(name.value.trim(), password.value, code.value);
      password.value = "";
      code.value = "";
      await signedIn();
    } catch (problem) {
      submit.removeAttribute("aria-disabled");
      replace(submit, say("desk_login_submit"));
      if (problem.code === "code_needed") codePlace.hidden = false;
      code.value = "";
      fail(problem.message, codePlace.hidden ? password : code);
    }
  }

  const element = h("main", { class: "login" },
    h("div", { class: "login-card" },
      h("p", { class: "brand" }, h("span", { class: "brand-mark" }, icon("customer")), "Klartext"),
      h("h1", {}, say("desk_login_heading")),
      h("p", { class: "login-intro" }, say("desk_login_intro")),
      notice && h("p", { class: "login-notice", role: "status" }, notice),
      form,
      languageSwitch(() => languageChanged({ name: name.value, password: password.value }))));
  return { element, focus: () => (name.value && !password.value ? password : name).focus() };
}

function languageSwitch(changed) {
  const choose = (code, text) => h("button", {
    type: "button", class: "link-button", lang: code, "aria-pressed": String(language() === code),
    on: { click: async () => { await loadWording(code); changed(); } },
  }, text);
  return h("div", { class: "login-language" }, choose("de", "Deutsch"), choose("en", "English"));
}
