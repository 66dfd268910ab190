/** Supervisors: the board of this moment, and how the work went, as charts and as tables with what each figure means. */

import { day, percent, shortTime, span, waiting } from "../clock.js";
import { h, replace } from "../dom.js";
import { language, say, sayCount, sayNamed } from "../wording.js";
import { morph } from "../morph.js";
import { barChart } from "./chart.js";
import { field, form, section, table, choice } from "./parts.js";

const BOARD_EVERY = 5000;

export async function boardPage({ api }) {
  const place = h("div", { class: "office-body" });
  const draw = async () => morph(place, boardView(...await Promise.all([api.get("/supervisor/board"), api.people()])));
  await draw();
  // Runs for as long as the page is shown; a look that fails leaves the last one with its time.
  const timer = setInterval(() => {
    if (place.isConnected) draw().catch(() => {});
    else clearInterval(timer);
  }, BOARD_EVERY);
  return place;
}

const tile = (label, value, more = null) => h("div", { class: "tile" }, h("dt", {}, label), h("dd", {}, value, more && h("span", { class: "tile-more" }, more)));

/** Who is there first, then by how much they hold. */
const PRESENCE = ["available", "idle", "away", "offline"];

function boardView(now, { agents, teams }) {
  const names = new Map(teams.map((team) => [team.id, team.name]));
  const people = [...agents].sort((a, b) => PRESENCE.indexOf(a.state) - PRESENCE.indexOf(b.state) || b.load - a.load);
  return [
    h("p", { class: "muted" }, say("desk_board_as_of", { time: shortTime(now.as_of) })),
    h("dl", { class: "tiles" },
      tile(say("desk_board_waiting"), now.waiting),
      tile(say("desk_board_longest"), now.longest_since ? waiting(now.longest_since, "desk_board_since") : "–"),
      tile(say("desk_board_with_agents"), now.with_agents),
      tile(say("desk_board_connected"), now.connected)),
    section(say("desk_board_teams"), table(say("desk_board_teams"), [
      [say("desk_board_team"), (one) => one.name],
      [say("desk_board_waiting"), (one) => one.waiting, { number: true }],
      [say("desk_board_longest"), (one) => (one.longest_since ? waiting(one.longest_since, "desk_board_since") : "–")],
      [say("desk_board_deadline"), (one) => (one.next_deadline ? shortTime(one.next_deadline) : "–")],
      [say("desk_board_with_agents"), (one) => one.with_agents, { number: true }],
    ], now.teams)),
    section(say("desk_board_people"), table(say("desk_board_people"), [
      [say("desk_board_person"), (one) => h("span", { dir: "auto" }, one.name)],
      [say("desk_board_state"), (one) => say(`desk_state_${one.state}`)],
      [say("desk_board_load"), (one) => say("desk_board_load_of", { n: one.load, most: one.capacity }), { number: true }],
      [say("desk_board_their_teams"), (one) => one.teams.map((id) => names.get(id) ?? id).join(", ")],
    ], people)),
  ];
}

const share = (part, whole) => (whole ? percent(part / whole) : "–");
const duration = (seconds) => (seconds === null ? "–" : span(seconds * 1000, { seconds: true }));

/** name → how it is shown. Each has `desk_figure_{name}` and `desk_figure_{name}_means`. */
const FIGURES = {
  conversations: (one) => one.conversations,
  messages: (one) => one.messages,
  automation: (one) => share(one.automated, one.conversations),
  handover: (one) => share(one.handovers, one.conversations),
  first_answer: (one) => duration(one.first_answer_median),
  first_answer_p90: (one) => duration(one.first_answer_p90),
  unanswered: (one) => one.unanswered,
  promises: (one) => share(one.promises_kept, one.promises_kept + one.promises_broken),
  wrong_answers: (one) => one.wrong_answers,
  rating: (one) => (one.ratings_given ? (one.stars / one.ratings_given).toLocaleString(language(), { maximumFractionDigits: 1 }) : "–"),
};

export async function figuresPage({ api }) {
  const first = field(say("desk_figures_first"), h("input", { type: "date" }));
  const last = field(say("desk_figures_last"), h("input", { type: "date" }));
  const channel = field(say("desk_figures_channel"), choice([["", say("desk_figures_all")]], ""));
  const place = h("div", { class: "office-body" });
  const load = async () => {
    const query = new URLSearchParams({ first: first.input.value, last: last.input.value, channel: channel.input.value });
    const found = await api.get(`/supervisor/history?${query}`);
    first.input.value = found.first;
    last.input.value = found.last;
    for (const one of found.channels) {
      if (![...channel.input.options].some((option) => option.value === one.channel)) channel.input.append(h("option", { value: one.channel }, sayNamed("desk_channel", one.channel)));
    }
    replace(place, figuresView(found, query));
  };
  await load();
  return [form([h("div", { class: "field-row" }, first, last, channel)], say("desk_figures_show"), load, { name: say("desk_office_figures"), inRow: true }), place];
}

function figuresView(found, query) {
  query.set("first", found.first);
  query.set("last", found.last);
  const short = (iso) => day(iso).slice(0, language() === "de" ? 6 : 5);
  /** A chart of a value by day, or of two that stand on each other and have their words. */
  const chart = (name, values, ...words) => section(say(`desk_chart_${name}`),
    words.length > 0 && h("p", { class: "legend" }, words.map((word, index) => h("span", {}, h("span", { class: `legend-mark chart-mark-${index}` }), say(`desk_chart_${word}`)))),
    barChart(say(`desk_chart_${name}`), found.days.map((one) => ({ label: short(one.day), values: values(one.counts) }))));
  const rows = [...found.days.map((one) => [day(one.day), one.counts]), [say("desk_figures_total"), found.total]];
  const columns = (heading) => [[heading, ([name]) => name], ...Object.entries(FIGURES).map(([name, show]) => [say(`desk_figure_${name}`), ([, counts]) => show(counts), { number: true }])];
  return [
    h("dl", { class: "tiles" }, Object.entries(FIGURES).map(([name, show]) => tile(say(`desk_figure_${name}`), show(found.total)))),
    h("div", { class: "charts" },
      chart("conversations", (one) => [one.automated, one.conversations - one.automated], "automated", "with_person"),
      chart("handovers", (one) => [one.first_answers, one.unanswered], "answered", "unanswered"),
      chart("first_answer", (one) => [(one.first_answer_median ?? 0) / 60]),
      chart("promises", (one) => [one.promises_kept, one.promises_broken], "kept", "broken"),
      chart("rating", (one) => [one.ratings_given ? one.stars / one.ratings_given : 0]),
      chart("wrong_answers", (one) => [one.wrong_answers])),
    section(say("desk_figures_days"),
      // As long as the span: who wants the figures of each day opens it.
      h("details", {}, h("summary", {}, sayCount("desk_figures_days_show", found.days.length)), table(say("desk_figures_days"), columns(say("desk_hours_day")), rows)),
      h("p", {}, h("a", { href: `/desk/api/supervisor/history.csv?${query}`, download: "" }, say("desk_figures_csv")))),
    section(say("desk_figures_channels"), table(say("desk_figures_channels"), columns(say("desk_figures_channel")), found.channels.map((one) => [sayNamed("desk_channel", one.channel), one.counts]))),
    section(say("desk_figures_reasons"), table(say("desk_figures_reasons"), [
      [say("desk_figures_reason"), (one) => sayNamed("desk_reason", one.reason)],
      [say("desk_figures_topic"), (one) => (one.topic ? sayNamed("desk_intent", one.topic) : say("desk_figures_no_topic"))],
      [say("desk_figures_count"), (one) => one.count, { number: true }],
      [say("desk_figures_share"), (one) => share(one.count, found.total.conversations), { number: true }],
    ], found.handovers)),
    section(say("desk_figures_meaning"), h("dl", { class: "meanings" }, Object.keys(FIGURES).map((name) => h("div", {}, h("dt", {}, say(`desk_figure_${name}`)), h("dd", {}, say(`desk_figure_${name}_means`)))))),
  ];
}
