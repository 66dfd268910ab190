"""What the law gives customers, said from one place: `data/wording/law.yml`, with the section as source.

Pure apart from saying it. Amounts are reckoned for the contract that is talked about: § 58 TKG names a sum and a share
of the monthly charge, whichever is higher. Whether a claim exists is never decided here.
"""

from __future__ import annotations

from collections.abc import Sequence

from actions.crm.models import Contract, Fact
from actions.turn import Button, Source, Turn
from bot.transparency.format import money

# § 58 (3) and (4) TKG, in cents and per cent of the monthly charge.
EARLY_CENTS, EARLY_SHARE = 500, 10
LATE_CENTS, LATE_SHARE = 1000, 20
MISSED_CENTS, MISSED_SHARE = 1000, 20


def early_day(monthly_cents: int) -> int:
    """For each of the third and fourth day of a complete outage, in cents."""
    return _higher(EARLY_CENTS, EARLY_SHARE, monthly_cents)


def late_day(monthly_cents: int) -> int:
    """For each day from the fifth on, in cents."""
    return _higher(LATE_CENTS, LATE_SHARE, monthly_cents)


def missed_visit(monthly_cents: int) -> int:
    """For each appointment that the company missed, in cents."""
    return _higher(MISSED_CENTS, MISSED_SHARE, monthly_cents)


def source(turn: Turn, section: str) -> Source:
    """The section as the source of a sentence."""
    return turn.source_reviewed(f"law_{section}")


def say(
    turn: Turn, key: str, *, buttons: Sequence[Button] = (), sources: Sequence[Source] = (), **values: object
) -> None:
    """Say `law_<section>_<topic>`, with its section and what else it rests on."""
    section = key.split("_")[1]
    turn.say(key, buttons=buttons, sources=[*sources, source(turn, section)], **values)


def say_fault_compensation(turn: Turn, contract: Fact[Contract]) -> None:
    """What a complete outage gives from the third day after its report on."""
    monthly = contract.value.price_cents
    early, late = money(early_day(monthly), turn.language), money(late_day(monthly), turn.language)
    say(turn, "law_58_outage", sources=[turn.source("contract", contract)], early=early, late=late)


def say_missed_visit(turn: Turn, contract: Fact[Contract] | None) -> None:
    """What a missed appointment gives; without a contract on record the rule instead of the sum."""
    if contract is None:
        say(turn, "law_58_missed_rule")
        return
    amount = money(missed_visit(contract.value.price_cents), turn.language)
    say(turn, "law_58_missed", sources=[turn.source("contract", contract)], amount=amount)


def _higher(cents: int, share: int, monthly_cents: int) -> int:
    """The sum or the share, in full cents, rounded up for the customer."""
    return max(cents, -(-monthly_cents * share // 100))
