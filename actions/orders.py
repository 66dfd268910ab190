"""A customer's orders: where each stands, and what comes next.

Only for customers who have proven who they are. Somebody else's order and one that does not exist get the same answer.
"""

from __future__ import annotations

from actions.account import SHOWN
from actions.base import AccountService
from actions.crm.models import Customer, Fact, Order
from actions.turn import Event, Turn
from bot.transparency.format import day


class OrderStatus(AccountService):
    """The named order, or the latest one."""

    action_name = "action_order_status"
    intent = "order_status"
    naming = ("order_number",)

    async def serve_customer(self, turn: Turn, customer: Fact[Customer]) -> list[Event]:
        orders = await turn.crm.orders(customer.record)
        if not orders:
            turn.say("order_none", sources=[turn.source("account", customer)], buttons=[turn.person()])
            return []
        named = self.named(turn)
        if named is not None:
            orders = [fact for fact in orders if fact.record == named]
        if not orders:
            turn.say(
                "order_not_yours", number=named, sources=[turn.source("account", customer)], buttons=[turn.person()]
            )
            return []
        unfinished = [fact for fact in orders if fact.value.status not in {"done", "cancelled"}]
        for fact in (unfinished or orders[:1])[:SHOWN]:
            turn.say_text(self._describe(turn, fact.value), sources=[turn.source("order", fact)])
        return []

    @staticmethod
    def _describe(turn: Turn, order: Order) -> str:
        language = turn.language
        parts = [
            turn.wording(
                "order_head",
                number=order.number,
                product=order.product,
                kind=turn.wording(f"order_kind_{order.kind}"),
                status=turn.wording(f"order_status_{order.status}"),
                ordered=day(order.ordered_on, language),
            ),
            turn.wording("order_next", step=order.next_step.say(language)),
        ]
        if order.status not in {"done", "cancelled"}:
            expected = order.expected_on
            parts.append(
                turn.wording("order_undated")
                if expected is None
                else turn.wording("order_expected", day=day(expected, language))
            )
        return "\n".join(parts)
