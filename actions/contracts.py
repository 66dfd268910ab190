"""A customer's contracts: tariff, speed, price, end of term and notice.

Only for customers who have proven who they are.
"""

from __future__ import annotations

from actions import law
from actions.account import SHOWN, today
from actions.base import AccountService
from actions.crm.models import Contract, Customer, Fact
from actions.notice import earliest_end
from actions.turn import Event, Turn
from bot.transparency.format import day, money, number


class ContractShow(AccountService):
    """Tariff, speed, price and end of term of every contract."""

    action_name = "action_contract_show"
    intent = "contract_show"

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        contracts = await turn.crm.contracts(customer.record)
        if not contracts:
            turn.say("contract_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        for fact in contracts[:SHOWN]:
            # § 56 says what the term means for notice.
            sources = [turn.source("contract", fact), law.source(turn, "56")]
            turn.say_text(self._describe(turn, fact.value), sources=sources)
        if len(contracts) > SHOWN:
            turn.say(
                "contract_more",
                count=len(contracts) - SHOWN,
                sources=[turn.source("account", customer)],
                buttons=[turn.person()],
            )
        return []

    @staticmethod
    def _describe(turn: Turn, contract: Contract) -> str:
        language = turn.language
        parts = [
            turn.wording("contract_head", number=contract.number, tariff=contract.tariff),
            turn.wording(
                "contract_line",
                technology=turn.wording(f"technology_{contract.technology}"),
                down=number(contract.down_mbit, language),
                up=number(contract.up_mbit, language),
                price=money(contract.price_cents, language),
                address=contract.address.line,
            ),
        ]
        if contract.status == "ordered":
            parts.append(turn.wording("contract_ordered", day=day(contract.started, language)))
        elif contract.status == "cancelled" and contract.term_end is not None:
            parts.append(turn.wording("contract_cancelled", day=day(contract.term_end, language)))
        elif contract.status == "cancelled":
            parts.append(turn.wording("contract_cancelled_undated"))
        else:
            parts.append(describe_term(turn, contract))
        return "\n".join(parts)


def describe_term(turn: Turn, contract: Contract) -> str:
    """Until when it runs, and by when notice is to be given (§ 56 TKG)."""
    language, end, notice = turn.language, contract.term_end, contract.notice_until
    if end is None or end < today():
        return turn.wording("law_56_monthly")
    if notice is not None and notice >= today():
        return turn.wording("contract_term", end=day(end, language), notice=day(notice, language))
    earliest = day(earliest_end(contract, today()), language)
    return turn.wording("contract_term_late", end=day(end, language), earliest=earliest)
