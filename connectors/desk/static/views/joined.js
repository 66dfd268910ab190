/**
 * Other conversations of the same person, in front of the one in which they go on.
 *
 * Guarantee: what was said there stands with its authors and times, as in its own thread; nothing in it can be answered.
 */

import { day } from "../clock.js";
import { h, replace } from "../dom.js";
import { navigate } from "../router.js";
import { say } from "../wording.js";
import { eventView } from "./event.js";

/** Behind every entry that there can be. */
const END = 999_999_999;

export class JoinedThreads {
  constructor(desk) {
    this.desk = desk;
    this.element = h("div", { class: "joined-threads", hidden: true });
    this.print = "";
  }

  update(summary, joined) {
    const print = joined.map((one) => `${one.id}:${one.ended_at}`).join();
    if (print === this.print) return;
    this.print = print;
    this.element.hidden = !joined.length;
    replace(this.element, joined.map((one) => this.thread(summary, one)));
  }

  thread(summary, one) {
    const heading = say("desk_joined_heading", { from: day(one.opened_at), to: day(one.ended_at) });
    const list = h("ol", { class: "events" });
    const state = h("p", { class: "muted", role: "status" }, say("desk_loading"));
    const older = h("button", { type: "button", class: "link-button", hidden: true, on: { click: () => navigate({ id: one.id }) } }, say("desk_joined_older"));
    this.fill(summary, one.id, list, state, older);
    return h("section", { class: "joined-thread", "aria-label": heading }, h("h3", {}, heading), state, older, list);
  }

  async fill(summary, id, list, state, older) {
    try {
      const { events } = await this.desk.joinedEvents(id, END);
      const context = { summary, agent: this.desk.agent, tenures: [], files: new Map() };
      replace(list, events.map((event, index) => eventView(event, { ...context, previous: events[index - 1] })));
      older.hidden = !events.length || events[0].seq <= 1;
      state.hidden = true;
    } catch (error) {
      state.textContent = error.message;
    }
  }
}
