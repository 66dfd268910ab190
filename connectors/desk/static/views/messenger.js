/** The messenger's part of the details: until when free text can be sent, templates for afterwards. */

import { clockTime, countdown } from "../clock.js";
import { h } from "../dom.js";
import { newId } from "../storage.js";
import { say } from "../wording.js";

export function messengerView(desk, id, messenger, mine) {
  const open = messenger.window_until && new Date(messenger.window_until) > new Date();
  return [
    open
      ? h("p", { class: "lead lead-split" }, say("desk_messenger_window", { time: clockTime(messenger.window_until) }), countdown(messenger.window_until))
      : h("p", { class: "lead" }, say("desk_messenger_window_over")),
    messenger.number && h("p", { class: "muted" }, say("desk_messenger_number", { number: messenger.number })),
    messenger.our_number && h("p", { class: "muted" }, say("desk_messenger_our_number", { number: messenger.our_number })),
    messenger.stopped && h("p", { class: "muted" }, say("desk_messenger_stopped")),
    !open && mine && !messenger.stopped && messenger.templates.map((template) => templateForm(desk, id, template)),
  ];
}

/** A template with its topic. Sent again under the same id until the server has it, so it is sent once. */
function templateForm(desk, id, template) {
  const clientId = newId();
  const topic = h("input", { type: "text", maxlength: 60, required: true, "aria-label": say("desk_messenger_topic"), placeholder: say("desk_messenger_topic") });
  const result = h("p", { class: "muted", role: "status" });
  const send = h("button", { type: "submit", class: "button" }, say("desk_messenger_send"));
  return h("form", {
    class: "card",
    data: { key: template.name, kept: true },
    on: {
      submit: async (event) => {
        event.preventDefault();
        send.disabled = true;
        try {
          await desk.useTemplate(id, { client_id: clientId, template: template.name, topic: topic.value.trim() });
          result.textContent = say("desk_messenger_accepted");
        } catch (error) {
          result.textContent = error.message;
          send.disabled = false;
        }
      },
    },
  }, h("p", { class: "quote", dir: "auto" }, template.text), topic, send, result);
}
