"""Which of several contracts a request is about.

A customer with one contract is never asked. Of several, each is a button that asks the same service again; the number
typed by hand does the same, because the service is named in `catalogue.CONTINUED_BY`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from actions.crm.models import Contract, Customer, Fact
from actions.turn import Turn

# Most contracts offered as buttons; a person knows the rest.
CHOICES = 8


def is_contract_number(text: str) -> bool:
    return text.startswith("V-")


async def choose_contract(turn: Turn, customer: Fact[Customer], intent: str, said: Mapping[str, str]) -> None:
    """Ask which contract; `said` are entities that the button must not lose."""
    offer_contracts(turn, await turn.crm.contracts(customer.record), intent, said)


def offer_contracts(turn: Turn, contracts: list[Fact[Contract]], intent: str, said: Mapping[str, str]) -> None:
    """Put the question, with a button for each contract."""
    buttons = [
        {
            "title": turn.wording("contract_choice", number=fact.record, tariff=fact.value.tariff),
            "payload": f"/{intent}{json.dumps({**said, 'contract_number': fact.record})}",
        }
        for fact in contracts[:CHOICES]
    ]
    lines = [
        turn.wording(
            "contract_choice_line", number=fact.record, tariff=fact.value.tariff, address=fact.value.address.line
        )
        for fact in contracts[:CHOICES]
    ]
    turn.say_text("\n".join([turn.wording("contract_which"), *lines]), buttons=[*buttons, turn.person()])
