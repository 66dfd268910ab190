/** The messenger's part of the details: until when free text can be sent, templates for afterwards, files. */

import { clockTime, countdown } from "../clock.js";
import { h } from "../dom.js";
import { newId } from "../storage.js";
import { say, sayNamed } from "../wording.js";

export function messengerView(desk, id, messenger, mine, jumpTo) {
  const open = messenger.window_until && new Date(messenger.window_until) > new Date();
  return [
    open
      ? h("p", { class: "lead lead-split" }, say("desk_messenger_window", { time: clockTime(messenger.window_until) }), countdown(messenger.window_until))
      : h("p", { class: "lead" }, say("desk_messenger_window_over")),
    messenger.number && h("p", { class: "muted" }, say("desk_messenger_number", { number: messenger.number })),
    messenger.stopped && h("p", { class: "muted" }, say("desk_messenger_stopped")),
    !open && mine && !messenger.stopped && messenger.templates.map((template) => templateForm(desk, id, template)),
    messenger.attachments.length > 0 && h("ul", { class: "cards" }, messenger.attachments.map((one) => attachmentCard(one, jumpTo))),
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

function attachmentCard(one, jumpTo) {
  const what = sayNamed("desk_attachment_kind", one.kind);
  const address = `/desk/api/attachments/${encodeURIComponent(one.id)}`;
  const shown = one.state === "stored" && ["image/jpeg", "image/png", "image/webp"].includes(one.media_type);
  return h("li", { class: "card" },
    h("p", { class: "card-head" },
      h("button", { type: "button", class: "link-button", on: { click: () => jumpTo(one.seq) } }, what),
      h("span", { class: "tag" }, sayNamed("desk_attachment", one.state))),
    one.file_name && h("p", { class: "quote", dir: "auto" }, one.file_name),
    shown && h("img", { class: "attachment", src: address, alt: what, loading: "lazy" }),
    one.state === "stored" && h("p", {}, h("a", { href: address, target: "_blank", rel: "noopener" },
      say("desk_attachment_open", { size: Math.max(1, Math.round(one.size / 1024)) }))));
}
