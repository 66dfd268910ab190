/** How I work: whether I am given conversations, whether replies are held back, sound and desktop notifications. */

import { h, replace, setText } from "../dom.js";
import { icon } from "../icons.js";
import { setNotices, setSound, wantsNotices, wantsSound } from "../notify.js";
import { recall, remember } from "../storage.js";
import { say } from "../wording.js";

export function settingsView(desk) {
  /** What the server thinks of me; whether I am connected is known here sooner. */
  const state = () => {
    if (desk.state.connection.state !== "online") return "offline";
    const told = desk.people.agents.find((one) => one.id === desk.agent.id)?.state ?? "available";
    return told === "offline" ? "available" : told;
  };
  const words = h("span", { class: "menu-name" });
  const problem = h("p", { class: "form-error", role: "alert" });
  let asking = false;
  const button = h("button", { type: "button", class: "menu-button availability", popovertarget: "settings" }, h("span", { class: "state-dot" }), words, icon("down"));
  const check = (name, on, changed) => {
    const box = h("input", { type: "checkbox", id: `set-${name}`, checked: on, on: { change: () => changed(box) } });
    return h("label", { class: "check", for: `set-${name}` }, box, h("span", {}, say(`desk_set_${name}`)));
  };
  const available = h("input", {
    type: "checkbox", id: "set-available", on: {
      change: async () => {
        replace(problem);
        asking = true;
        await desk.setAvailable(available.checked).catch((error) => replace(problem, error.message));
        asking = false;
        update();
      },
    },
  });
  const panel = h("div", { class: "menu", id: "settings", popover: "auto" },
    h("label", { class: "check", for: "set-available" }, available, h("span", {}, say("desk_set_available"))),
    h("p", { class: "muted" }, say("desk_set_available_hint")),
    check("undo", recall("undo", true), (box) => remember("undo", box.checked)),
    check("sound", wantsSound(), (box) => setSound(box.checked)),
    check("notices", wantsNotices(), async (box) => { box.checked = await setNotices(box.checked); }),
    problem);
  const update = () => {
    const now = state();
    button.dataset.state = now;
    setText(words, say(`desk_state_${now}`));
    button.setAttribute("aria-label", say("desk_availability", { state: say(`desk_state_${now}`) }));
    // What was just ticked stays until the server has answered.
    if (!asking) available.checked = now !== "away";
  };
  update();
  return { element: h("div", { class: "menu-place" }, button, panel), update };
}
