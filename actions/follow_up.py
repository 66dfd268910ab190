"""Questions that only make sense after the answer before: "und wann geht das wieder" once an outage was told.

By themselves such words are understood as nothing in particular. Guarantee: they are read so only right after the
service that they follow, outside every form, and what they lead to is read afresh, changes nothing and asks nothing;
who would have to prove anew who they are is asked back as ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions import law
from actions.base import AccountService, Service
from actions.callback import CallbackRequest
from actions.cases import TicketStatus
from actions.complaint import Complaint
from actions.crm.models import Customer, Fact
from actions.faults import OWN_LINES, OutageInfo, ReportFault
from actions.invoices import InvoiceExplain, InvoiceShow
from actions.lines import running
from actions.patterns import any_of
from actions.payments import PaymentProblem, says_paid
from actions.phrases import withdraws
from actions.slow_internet import SlowInternet
from actions.turn import Event, Turn

_WHEN = any_of(
    r"\b(wann|bis wann|wie lange|ab wann|dauert|schon länger)\b.{0,40}"
    r"\b(wieder|weg|behoben|repariert|fertig|vorbei|zu ende|enden?|gehts?|läuft|internet|netz|noch|das|soweit)\b",
    r"^\W*(und |aber |ja |ok |gut )*(wann|bis wann|wie lange)( denn| noch| ungefähr| etwa| genau)*\W*$",
    r"\b(when|how long|how soon|by when|until when)\b.{0,40}"
    r"\b(back|again|fixed|repaired|over|done|end|ends|ready|work\w*|take|takes|last|lasts|up|running|resolved|solved)\b",
    r"^\W*(and |but |ok |so )*(when|until when|how long)( exactly| roughly| about)?\W*$",
    r"\b(any news|(et)?was neues|gibt'?s neues|neuigkeiten|neuer stand|update)\b",
)
# A question about somebody's visit is one of its own.
_VISIT = any_of(r"\b(techniker|monteur|termin|kommt (er|jemand|wer)|technician|engineer|appointment|coming)\b")
_MONEY = any_of(
    r"\b(geld|gutschrift|entschädig\w*|erstatt\w*|schadens?ersatz|minder\w*|weniger zahlen)\b",
    r"\b(money|refund\w*|compensat\w*|credit|reimburs\w*|pay less)\b",
)
# Cannot pay at once.
_LATER = any_of(
    r"\b(raten\w*|stundung|stunden|aufschub|später (zahlen|bezahlen|überweisen)|mehr zeit|nicht auf einmal)\b",
    r"\b(instal\w*|more time|pay later|defer\w*|in parts)\b",
)
_FAULTS = (ReportFault, OutageInfo)
_INVOICES = (InvoiceShow, InvoiceExplain, PaymentProblem)


async def follow_up(turn: Turn) -> list[Event] | None:
    """Answer what the customer asks about the answer before; None if the words are no such question, or cannot be
    answered at once."""
    if turn.in_form or turn.from_button or withdraws(turn.text):
        return None
    if _asks_for_money(turn):
        customer = await turn.proven_customer()
        return None if customer is None else await _tell_money(turn, customer)
    service = _service(turn)
    if service is None:
        return None
    own = isinstance(service, AccountService) or turn.slot("outage_place") == OWN_LINES
    if own and await turn.proven_customer() is None:
        return None
    return service.with_next_step(await service.serve(turn))


def _service(turn: Turn) -> Service | None:
    last, told = turn.slot("last_service"), turn.slot("outage_place")
    if _WHEN.search(turn.text) and not _VISIT.search(turn.text):
        if _is_of(last, _FAULTS) and told:
            return OutageInfo(turn.context)
        if _is_of(last, (ReportFault, TicketStatus, Complaint, SlowInternet, CallbackRequest)):
            return TicketStatus(turn.context)
    if _is_of(last, _INVOICES) and (says_paid(turn.text) or _LATER.search(turn.text)):
        return PaymentProblem(turn.context)
    return None


def _asks_for_money(turn: Turn) -> bool:
    told = turn.slot("outage_place") is not None and _is_of(turn.slot("last_service"), _FAULTS)
    return told and bool(_MONEY.search(turn.text))


async def _tell_money(turn: Turn, customer: Fact[Customer]) -> list[Event]:
    """What a complete outage gives, and how the period begins."""
    if contracts := running(await turn.crm.contracts(customer.record)):
        law.say_fault_compensation(turn, contracts[0])
    anyway = turn.button("button_fault_anyway", '/report_fault{"fault_scope": "own"}')
    turn.say("outage_money_next", buttons=[anyway, turn.person()])
    # The outage may still be asked about.
    return [SlotSet("last_service", turn.slot("last_service"))]


def _is_of(last: str | None, services: Sequence[type[Service]]) -> bool:
    return last in {service.action_name for service in services}
