"""Which requests there are and how the assistant meets each: the one list that help, fallback and forms read.

Pure data; an intent that is missing here is neither offered nor allowed to leave a form.
"""

from __future__ import annotations

# Done to the end by the assistant itself. Help lists them in this order.
OFFERED = (
    "report_fault",
    "outage_info",
    "slow_internet",
    "router_help",
    "invoice_show",
    "invoice_explain",
    "payment_problem",
    "payment_change",
    "contract_show",
    "tariff_change",
    "contract_cancel",
    "move_home",
    "contact_change",
    "number_porting",
    "appointment_show",
    "appointment_change",
    "ticket_status",
    "callback_request",
    "complaint",
    "order_status",
    "fiber_availability",
    "fiber_progress",
    "contact_info",
)
# Shown as buttons where only a few fit.
OFFERED_FIRST = ("report_fault", "invoice_show", "fiber_availability")

# The conversation itself, to read, download and erase. Done by the edge, behind buttons that need no model.
OWN_DATA = ("data_export", "data_erase")

# Not done here yet: an honest sentence, what may help instead, and a person one click away.
REFERRED: dict[str, tuple[str, ...]] = {
    "switch_channel": ("contact_info",),
}

# Straight to a person: anger and threats are nothing to argue about with a bot.
HANDED_OVER = ("insult", "threat")

# Answered in the middle of a form, which then goes on.
ANSWERED_IN_BETWEEN = frozenset(
    {"help", "bot_challenge", "why_answer", "data_privacy", "contact_info", "greet", "thank"}
)

# "And at Fährstraße 5?" after an answer asks the same service again: the entities that tell, by service.
CONTINUED_BY: dict[str, tuple[str, ...]] = {
    "action_outage_info": ("postcode",),
    "action_fiber_availability": ("street",),
    "action_fiber_progress": ("street",),
    "action_invoice_show": ("invoice_number", "date", "contract_number"),
    "action_invoice_explain": ("invoice_number", "date", "contract_number"),
    "action_contract_cancel": ("contract_number",),
    "action_tariff_change": ("contract_number", "tariff"),
    "action_move_home": ("contract_number",),
    "action_number_porting": ("contract_number",),
    "action_ticket_status": ("ticket_number",),
    "action_slow_internet": ("speed",),
    "action_order_status": ("order_number",),
}

# The same where another service goes on: "übermorgen nachmittag" after an appointment was shown moves it.
GOES_ON_WITH = {"action_appointment_show": ("action_appointment_change", ("date", "time_span"))}

# Leave a form for good.
LEAVING = (
    frozenset(OFFERED)
    | frozenset(OWN_DATA)
    | frozenset(REFERRED)
    | frozenset(HANDED_OVER)
    | {"talk_to_human", "goodbye"}
) - (ANSWERED_IN_BETWEEN)
