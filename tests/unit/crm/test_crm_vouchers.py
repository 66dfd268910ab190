"""Identity that others vouch for: proven at once, good for one session, and the later of two proofs counts."""

from __future__ import annotations

import asyncio

import pytest
from crm_bench import Bench

from actions.crm.demo_people import OUTAGE, TWO
from actions.crm.models import Identifier

VOGEL = Identifier(kind="number", value=OUTAGE)
ALBRECHT_PHONE = Identifier(kind="phone", value="+491713920002")


async def test_a_voucher_proves_the_session_and_may_be_repeated_there(bench: Bench) -> None:
    conversation = bench.conversation()
    for _ in range(2):
        vouched = await bench.crm.vouch(conversation, 1, VOGEL, by="portal", voucher=f"a:{conversation}")
        assert vouched.result == "proven" and vouched.customer is not None
        assert vouched.customer.record == OUTAGE
    proven = await bench.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.value.number == OUTAGE
    assert (await bench.crm.identity(conversation, 1)).level == "proven"
    assert await bench.crm.proven_customer(conversation, 2) is None


@pytest.mark.parametrize("elsewhere", ["conversation", "session"])
async def test_elsewhere_it_is_used(bench: Bench, elsewhere: str) -> None:
    conversation, other = bench.conversation(), bench.conversation()
    await bench.crm.vouch(conversation, 1, VOGEL, by="portal", voucher=f"b:{conversation}")
    place = (other, 1) if elsewhere == "conversation" else (conversation, 2)
    again = await bench.crm.vouch(*place, VOGEL, by="portal", voucher=f"b:{conversation}")
    assert (again.result, again.customer) == ("used", None)
    assert await bench.crm.proven_customer(*place) is None


async def test_two_who_give_the_same_voucher_at_once_do_not_both_get_it(bench: Bench) -> None:
    places = [bench.conversation() for _ in range(4)]
    given = [bench.crm.vouch(place, 1, VOGEL, by="portal", voucher=f"c:{places[0]}") for place in places]
    results = sorted(vouched.result for vouched in await asyncio.gather(*given))
    assert results == ["proven", "used", "used", "used"]


@pytest.mark.parametrize("value", ["+4915112345678", "no number", ""])
async def test_who_is_not_on_file_is_unknown_and_nothing_is_kept(bench: Bench, value: str) -> None:
    conversation = bench.conversation()
    nobody = Identifier(kind="phone", value=value)
    vouched = await bench.crm.vouch(conversation, 1, nobody, by="phone", voucher=f"d:{conversation}")
    assert (vouched.result, vouched.customer) == ("unknown", None)
    assert (await bench.crm.identity(conversation, 1)).level == "none"
    later = await bench.crm.vouch(conversation, 1, ALBRECHT_PHONE, by="phone", voucher=f"d:{conversation}")
    assert later.result == "proven"


async def test_of_a_code_and_a_voucher_the_later_counts(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.vouch(conversation, 1, ALBRECHT_PHONE, by="phone", voucher=f"e:{conversation}")
    bench.clock.advance(seconds=1)
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    assert (await bench.crm.identity(conversation, 1)).level == "proven"
    await bench.crm.check_code(conversation, 1, await bench.code())
    proven = await bench.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.record == OUTAGE
    bench.clock.advance(seconds=1)
    await bench.crm.vouch(
        conversation, 1, Identifier(kind="number", value=TWO), by="portal", voucher=f"f:{conversation}"
    )
    proven = await bench.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.record == TWO
