/**
 * The customer as the CRM knows them. Tolerant: a field that is absent is left out, one that is unknown is
 * ignored, a code without a wording is shown in plain letters.
 */

import { clockTime, day, isPastDay, money } from "../clock.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { keptTogether } from "../together.js";
import { language, say, sayNamed } from "../wording.js";

export function customerView(detail, summary, retry) {
  const level = summary.customer?.level;
  const overview = detail.customer;
  if (detail.customer_error) {
    return [
      h("p", { class: "hint-warn" }, icon("warn"), h("span", {}, detail.customer_error)),
      h("button", { type: "button", class: "button button-small", data: { key: "retry" }, on: { click: retry } }, say("desk_retry")),
      summary.customer && h("p", {}, [summary.customer.name, summary.customer.number].filter(Boolean).join(" · ")),
    ];
  }
  if (!overview?.customer) return h("p", { class: "muted" }, say("desk_customer_unknown"));
  const { customer } = overview;
  return [
    h("p", { class: "lead", dir: "auto" }, [customer.first_name, customer.last_name].filter(Boolean).join(" ") || customer.number),
    level && h("p", { class: `level level-${level}` }, icon(level === "proven" ? "shield" : "warn"), h("span", {}, say(level === "proven" ? "desk_level_proven" : "desk_level_claimed"))),
    level === "claimed" && h("p", { class: "muted" }, say("desk_customer_claimed_hint")),
    customer.blocked && h("p", { class: "hint-warn" }, icon("warn"), h("span", {}, say("desk_customer_blocked"))),
    facts([
      ["desk_customer_number", customer.number],
      ["desk_customer_address", addressLine(customer.address)],
      ["desk_customer_phone", customer.phone],
      ["desk_customer_email", mail(customer.email)],
    ]),
    outageView(overview.outage),
    cards("desk_contracts", overview.contracts, contractCard),
    invoicesView(overview.open_invoices ?? (overview.open_invoice ? [overview.open_invoice] : [])),
    overview.next_appointment && cards("desk_appointment", [overview.next_appointment], appointmentCard),
    overview.tickets_known === false
      ? h("p", { class: "hint-warn" }, icon("warn"), h("span", {}, say("desk_tickets_unknown")))
      : cards("desk_tickets", overview.tickets, ticketCard),
  ];
}

function facts(rows) {
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([key, value]) => h("div", {}, h("dt", {}, keptTogether(say(key))), h("dd", { dir: "auto" }, typeof value === "string" ? keptTogether(value) : value))));
}

/** May break before the @. */
function mail(address) {
  if (!address) return null;
  const at = address.lastIndexOf("@");
  return [address.slice(0, at), h("wbr"), address.slice(at)];
}

function addressLine(address) {
  if (!address) return "";
  return [[address.street, address.house_number].filter(Boolean).join(" "), [address.postcode, address.place].filter(Boolean).join(" ")].filter(Boolean).join(", ");
}

/** Free text of the CRM: plain, or in both languages. */
function plain(text) {
  return typeof text === "object" && text ? text[language()] ?? text.de ?? "" : text ?? "";
}

function cards(title, items, card) {
  if (!items?.length) return null;
  return h("div", { class: "group" }, h("h4", {}, say(title)), h("ul", { class: "cards" }, items.map((item) => h("li", { class: "card" }, card(item)))));
}

function head(text, tag) {
  return h("p", { class: "card-head" }, h("strong", { dir: "auto" }, text), tag && h("span", { class: "tag" }, tag));
}

function contractCard(contract) {
  const down = contract.down ?? contract.down_mbit;
  const up = contract.up ?? contract.up_mbit;
  const complete = contract.technology && down != null && up != null && contract.price_cents != null;
  return [
    head(contract.tariff ?? contract.number, contract.status && contract.status !== "active" && sayNamed("desk_crm", contract.status)),
    complete && h("p", {}, say("desk_contract_line", { technology: sayNamed("desk_crm", contract.technology), down, up, price: money(contract.price_cents) })),
    h("p", { class: "muted" }, [contract.number, contract.term_end && say("desk_contract_until", { date: day(contract.term_end) })].filter(Boolean).join(" · ")),
  ];
}

function invoicesView(invoices) {
  if (!invoices.length) return h("p", { class: "muted fact-line" }, icon("closed"), say("desk_invoices_none"));
  return cards("desk_invoices", invoices, (invoice) => {
    const late = invoice.due && isPastDay(invoice.due);
    return [
      h("p", { class: "card-head" }, h("strong", {}, money(invoice.amount_cents)), late && h("span", { class: "tag tag-warn" }, say("desk_invoice_overdue", { date: day(invoice.due) }))),
      h("p", { class: "muted" }, [invoice.number, !late && invoice.due && say("desk_invoice_due", { date: day(invoice.due) })].filter(Boolean).join(" · ")),
    ];
  });
}

function outageView(outage) {
  if (!outage) return h("p", { class: "muted fact-line" }, icon("closed"), say("desk_outage_none"));
  const until = outage.expected_until ?? outage.until;
  return h("div", { class: "group outage" }, h("h4", {}, icon("warn"), say("desk_outage")),
    h("p", {}, h("strong", {}, outage.cause && sayNamed("desk_crm", outage.cause))),
    h("p", {}, [outage.area, outage.since && say("desk_outage_since", { time: clockTime(outage.since) })].filter(Boolean).join(", ")),
    until && h("p", {}, say("desk_outage_until", { time: clockTime(until) })),
    outage.what_changed && h("p", { class: "muted" }, plain(outage.what_changed)));
}

function appointmentCard(appointment) {
  const start = appointment.starts ?? appointment.start;
  const end = appointment.ends ?? appointment.end;
  return [
    head(appointment.kind ? sayNamed("desk_crm", appointment.kind) : appointment.number, appointment.status && sayNamed("desk_crm", appointment.status)),
    start && h("p", {}, end ? say("desk_appointment_window", { start: clockTime(start), end: clockTime(end) }) : clockTime(start)),
    appointment.kind && appointment.number && h("p", { class: "muted" }, appointment.number),
  ];
}

function ticketCard(ticket) {
  return [
    head(`${ticket.kind ? `${sayNamed("desk_crm", ticket.kind)} ` : ""}${ticket.number}`, ticket.status && sayNamed("desk_crm", ticket.status)),
    ticket.description && h("p", { dir: "auto" }, plain(ticket.description)),
    h("p", { class: "muted" }, [ticket.opened_at && say("desk_ticket_opened", { date: day(ticket.opened_at) }), ticket.due_at && say("desk_ticket_due", { date: day(ticket.due_at) })].filter(Boolean).join(" · ")),
  ];
}
