"""The lines of a customer: which should work today, and which one a request is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from actions.account import today
from actions.choices import choice, titled
from actions.crm.models import Contract, Fact, Outage, OutageState
from actions.turn import Turn


def running(contracts: Sequence[Fact[Contract]]) -> list[Fact[Contract]]:
    """The contracts whose line should work today."""
    return [
        fact
        for fact in contracts
        if fact.value.status == "active"
        or (fact.value.status == "cancelled" and (fact.value.term_end is None or fact.value.term_end >= today()))
    ]


async def lines_of_customer(turn: Turn) -> list[Fact[Contract]]:
    """The running lines of the customer who has proven who they are."""
    customer = await turn.proven_customer()
    return [] if customer is None else running(await turn.crm.contracts(customer.record))


def line(contracts: Sequence[Fact[Contract]], number: str | None) -> Fact[Contract]:
    """The line with this number, else the first one."""
    return next((fact for fact in contracts if fact.record == number), contracts[0])


def line_title(turn: Turn, contract: Contract) -> str:
    """A line as its owner knows it: number, technology and address."""
    technology = turn.wording(f"technology_{contract.technology}")
    return turn.wording("fault_line", number=contract.number, technology=technology, address=contract.address.line)


def ask_line(turn: Turn, contracts: Sequence[Fact[Contract]]) -> None:
    """Ask which of several lines it is about."""
    items = [turn.wording("fault_line_item", line=line_title(turn, fact.value)) for fact in contracts]
    buttons = [titled(fact.record, fact.record) for fact in contracts]
    turn.say_text("\n".join([turn.wording("fault_ask_line"), *items]), buttons=[*buttons, turn.person()])


def line_named(turn: Turn, contracts: Sequence[Fact[Contract]]) -> Fact[Contract] | None:
    """The line that the customer chose by button, number, street, tariff or technology."""
    named = choice(turn) or turn.entity("contract_number")
    found = next((fact for fact in contracts if fact.record == named), None)
    if found is not None or turn.from_button:
        return found
    said = turn.text.lower()
    technology = {kind: turn.wording(f"technology_{kind}").lower() for kind in ("dsl", "cable", "fiber")}
    fitting = [
        fact
        for fact in contracts
        if fact.value.address.street.lower() in said
        or technology[fact.value.technology] in said
        or fact.value.tariff.lower() in said
    ]
    return fitting[0] if len(fitting) == 1 else None


async def outages_on(
    turn: Turn, contracts: Sequence[Fact[Contract]], states: Collection[OutageState] = ("active",)
) -> list[Fact[Outage]]:
    """Outages that touch one of the lines, active ones if nothing else is asked for, each once."""
    found: dict[str, Fact[Outage]] = {}
    for fact in contracts:
        for outage in await turn.crm.outages_at_address(fact.value.address, states):
            if fact.value.technology in outage.value.technologies:
                found.setdefault(outage.record, outage)
    return list(found.values())
