/** Replies that the server holds back: what they say, how long they can still be taken back, and the way to do it. */

import { now } from "../clock.js";
import { h, reconcile, replace, setText } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../wording.js";

export class HeldReplies {
  constructor(desk, id) {
    this.desk = desk;
    this.id = id;
    this.element = h("ol", { class: "events held", "aria-label": say("desk_held_label"), hidden: true });
    this.timer = setInterval(() => this.count(), 250);
  }

  remove() {
    clearInterval(this.timer);
  }

  update(held) {
    this.element.hidden = !held.length;
    reconcile(this.element, held, (one) => `${one.id}:${one.state}`, (one) => this.view(one), () => {});
  }

  view(one) {
    const mine = one.agent.id === this.desk.agent.id;
    const words = h("p", { data: { due: one.state === "held" ? one.due_at : null } });
    if (one.state === "refused") replace(words, icon("warn"), say("desk_held_refused"));
    const problem = h("p", { class: "compose-problem", role: "alert" });
    const act = (work) => () => work().catch((error) => replace(problem, icon("warn"), error.message));
    const item = h("li", { class: "event", data: { author: "human", own: "true", held: one.state } },
      h("div", { class: "bubble" },
        h("p", { class: "byline" }, icon("human"), h("span", { class: "author" }, say("desk_author_human", { name: one.agent.name }))),
        h("p", { class: "text", dir: "auto" }, one.text),
        h("div", { class: "pending-state" }, words,
          mine && h("div", { class: "pending-actions" },
            h("button", { type: "button", class: "button button-small", data: { action: "undo" }, on: { click: act(() => this.desk.withdraw(this.id, one)) } }, say(one.state === "held" ? "desk_held_undo" : "desk_pending_edit")),
            one.state === "held" && h("button", { type: "button", class: "button button-small", data: { action: "send-now" }, on: { click: act(() => this.desk.sendNow(this.id, one)) } }, say("desk_pending_send_now"))),
          problem)));
    item.words = words;
    this.show(words);
    return item;
  }

  show(words) {
    if (!words.dataset.due) return;
    const left = Math.ceil((Date.parse(words.dataset.due) - now()) / 1000);
    setText(words, left > 0 ? say("desk_held_in", { n: left }) : say("desk_pending_sending"));
  }

  count() {
    for (const item of this.element.children) if (item.words) this.show(item.words);
  }
}
