"""A customer's contracts: tariff, speed, price, end of term and notice.

Only for customers who have proven who they are.
"""

from __future__ import annotations

from actions.account import SHOWN
from actions.base import AccountService
from actions.crm.models import Contract, Customer, Fact
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
            turn.say_text(self._describe(turn, fact.value), sources=[turn.source("contract", fact)])
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
        elif contract.term_end is not None and contract.notice_until is not None:
            parts.append(
                turn.wording(
                    "contract_term",
                    end=day(contract.term_end, language),
                    notice=day(contract.notice_until, language),
                )
            )
        else:
            parts.append(turn.wording("contract_monthly"))
        return "\n".join(parts)
