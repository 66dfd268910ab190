/**
 * Keyboard: the shortcuts and the overlay that documents them.
 *
 * Letters work only outside text fields and dialogs and can be switched off (WCAG 2.1.4).
 */

import { h } from "../dom.js";
import { recall, remember } from "../storage.js";
import { say } from "../wording.js";

export class Keys {
  /** `actions`: move(step), view(index), nextWaiting(), claim(), reply(), note(), transfer(), close(), makeCase(), search(), handback(), details(), escape() */
  constructor(actions) {
    this.actions = actions;
    this.letters = {
      j: () => actions.move(1),
      k: () => actions.move(-1),
      n: actions.nextWaiting,
      u: actions.claim,
      r: actions.reply,
      m: actions.note,
      t: actions.transfer,
      e: actions.close,
      c: actions.makeCase,
      s: actions.search,
      b: actions.handback,
      d: actions.details,
      1: () => actions.view(0),
      2: () => actions.view(1),
      3: () => actions.view(2),
      4: () => actions.view(3),
      5: () => actions.view(4),
      "?": () => this.show(),
    };
    this.dialog = this.overlay();
    this.onKey = (event) => this.pressed(event);
  }

  start() {
    addEventListener("keydown", this.onKey);
  }

  stop() {
    removeEventListener("keydown", this.onKey);
  }

  show() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    const inField = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      this.actions.escape();
      return;
    }
    if (inField || !recall("keys", true)) return;
    const action = this.letters[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  overlay() {
    const key = (name) => h("kbd", {}, name);
    const row = (keys, text) => h("div", { class: "key-row" }, h("dt", {}, keys), h("dd", {}, text));
    const group = (title, ...rows) => h("section", {}, h("h3", {}, title), h("dl", {}, rows));
    const enabled = h("input", { type: "checkbox", id: "keys-enabled", checked: recall("keys", true), "aria-describedby": "keys-hint", on: { change: () => remember("keys", enabled.checked) } });
    const close = () => dialog.close();
    const dialog = h("dialog", { class: "dialog keys", "aria-labelledby": "keys-title", on: { click: (event) => { if (event.target === dialog) close(); } } },
      h("div", { class: "dialog-body" },
        h("div", { class: "dialog-head" }, h("h2", { id: "keys-title" }, say("desk_keys_title")),
          h("button", { type: "button", class: "button button-small", on: { click: close } }, say("desk_close"))),
        h("div", { class: "key-groups" },
          group(say("desk_keys_group_list"),
            row([key("j"), " ", key("↓")], say("desk_key_next")),
            row([key("k"), " ", key("↑")], say("desk_key_previous")),
            row(key(say("desk_keyname_enter")), say("desk_key_open")),
            row([key("1"), " … ", key("5")], say("desk_key_views")),
            row(key("s"), say("desk_key_search"))),
          group(say("desk_keys_group_conversation"),
            row(key("u"), say("desk_key_claim")),
            row(key("r"), say("desk_key_reply")),
            row(key(say("desk_keyname_enter")), say("desk_key_send")),
            row([key(say("desk_keyname_shift")), " + ", key(say("desk_keyname_enter"))], say("desk_key_newline")),
            row(key("m"), say("desk_key_note")),
            row(key("/"), say("desk_key_canned")),
            row(key("t"), say("desk_key_transfer")),
            row(key("c"), say("desk_key_case")),
            row(key("e"), say("desk_key_close")),
            row(key("b"), say("desk_key_handback")),
            row(key("d"), say("desk_key_details"))),
          group(say("desk_keys_group_general"),
            row(key("n"), say("desk_key_next_waiting")),
            row(key(say("desk_keyname_escape")), say("desk_key_escape")),
            row(key("?"), say("desk_key_help")))),
        h("p", { class: "keys-switch" }, h("label", { class: "check", for: "keys-enabled" }, enabled, h("span", {}, say("desk_keys_enabled"))),
          h("span", { class: "muted", id: "keys-hint" }, say("desk_keys_enabled_hint")))));
    return dialog;
  }
}
