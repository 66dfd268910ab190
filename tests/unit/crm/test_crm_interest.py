"""Contacts, leads and updates: once each, only to confirmed mail addresses, joined to the customer later."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from crm_bench import Bench
from sqlalchemy import select, update

from actions.crm import tables
from actions.crm.contract_models import Letter
from actions.crm.demo_people import QUIET
from actions.crm.errors import CrmRejected
from actions.crm.interest_models import NewInterest
from actions.crm.models import Identifier
from actions.crm.tables_interest import contact

LETTER = Letter(subject="Betreff", body="https://x/{token}")
NEWS = Letter(subject="Neues", body="Es geht weiter")


@pytest.fixture(autouse=True)
async def put_back(bench: Bench) -> AsyncIterator[None]:
    """The build-out as it was, afterwards."""
    area = tables.build_area

    async def read(connection: Any) -> Any:
        return (await connection.execute(select(area.c.phase).where(area.c.number == "G-04"))).scalar_one()

    phase = await bench.database.read("read", read)
    yield
    await move(bench, phase)


async def move(bench: Bench, phase: str) -> None:
    area = tables.build_area

    async def work(connection: Any) -> None:
        await connection.execute(update(area).where(area.c.number == "G-04").values(phase=phase))

    await bench.database.write("move", work)


async def new(bench: Bench, email: str = "neu@example.org", wish: str = "updates") -> NewInterest:
    hit = (await bench.crm.find_addresses("Weiße Mauer 3, Merseburg"))[0]
    return NewInterest(wish=wish, email=email, address_key=hit.key, language="de")


async def token(bench: Bench) -> str:
    found = re.search(r"https://x/(\S+)", (await bench.crm.notifications(1))[0].body)
    assert found is not None
    return found.group(1)


async def test_nothing_is_sent_before_the_address_is_confirmed_and_nothing_after_the_end(bench: Bench) -> None:
    crm = bench.crm
    asked = await crm.register_interest(await new(bench), LETTER, idempotency_key="k-1")
    assert (asked.record, asked.value.updates, asked.value.customer_number) == ("L-100001", "asked", None)
    secret = await token(bench)
    await move(bench, "house_connections")
    assert await crm.updates_due() == []
    on = await crm.set_updates(secret, True)
    assert on is not None and on.value.updates == "on"
    [due] = await crm.updates_due()
    assert (due.interest.number, due.token, due.area.phase) == ("L-100001", secret, "house_connections")
    assert await crm.send_update("L-100001", due.state, NEWS)
    assert not await crm.send_update("L-100001", due.state, NEWS)
    assert await crm.updates_due() == []
    assert (await crm.notifications(1))[0].body == "Es geht weiter"
    ended = await crm.set_updates(secret, False)
    assert ended is not None and ended.value.updates == "ended"
    await move(bench, "activation")
    assert await crm.updates_due() == []
    assert not await crm.send_update("L-100001", "x", NEWS)
    assert (await crm.interest_by_token(secret)) is not None
    assert await crm.interest_by_token("no such token") is None
    assert await crm.set_updates("no such token", True) is None


async def test_one_contact_and_one_lead_however_often_and_at_once(bench: Bench) -> None:
    interest, shouted = await new(bench), await new(bench, "NEU@Example.org")
    made = await asyncio.gather(
        *(
            bench.crm.register_interest(i, LETTER, idempotency_key=f"k-{n}")
            for n, i in enumerate([interest, shouted] * 2)
        )
    )
    assert {fact.record for fact in made} == {"L-100001"}
    offer = await bench.crm.register_interest(await new(bench, wish="offer"), LETTER, idempotency_key="k-9")
    assert (offer.record, offer.value.updates) == ("L-100002", "none")

    async def count(connection: Any) -> int:
        return len((await connection.execute(select(contact.c.id))).all())

    assert await bench.database.read("count", count) == 1


async def test_who_ended_it_can_ask_again(bench: Bench) -> None:
    await bench.crm.register_interest(await new(bench), LETTER, idempotency_key="k-1")
    await bench.crm.set_updates(await token(bench), False)
    again = await bench.crm.register_interest(await new(bench), LETTER, idempotency_key="k-2")
    assert (again.record, again.value.updates) == ("L-100001", "asked")


@pytest.mark.parametrize("wrong", ["kein mail", "a@b", "@example.org", "a b@example.org", "x" * 250 + "@example.org"])
async def test_what_is_no_mail_address_is_rejected(bench: Bench, wrong: str) -> None:
    with pytest.raises(CrmRejected):
        await bench.crm.register_interest(await new(bench, wrong), LETTER, idempotency_key="k-1")
    assert await bench.crm.notifications() == []


async def test_a_contact_is_joined_to_the_customer_by_the_confirmed_address(bench: Bench) -> None:
    await bench.crm.register_interest(await new(bench, "Stefan.Reuter@example.org"), LETTER, idempotency_key="k-1")
    secret = await token(bench)
    before = await bench.crm.interest_by_token(secret)
    assert before is not None and before.value.customer_number is None
    joined = await bench.crm.set_updates(secret, True)
    assert joined is not None and joined.value.customer_number == QUIET


async def test_a_contact_is_joined_to_the_customer_who_proves_who_they_are(bench: Bench) -> None:
    await bench.crm.register_interest(await new(bench, "stefan.reuter@example.org"), LETTER, idempotency_key="k-1")
    await bench.crm.register_interest(await new(bench, "other@example.org"), LETTER, idempotency_key="k-2")
    other = await token(bench)
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, Identifier(kind="number", value=QUIET), "de")
    await bench.crm.check_code(conversation, 1, await bench.code())
    both = [sent.body for sent in await bench.crm.notifications() if "https://x/" in sent.body]
    mine = next(body.removeprefix("https://x/") for body in both if other not in body)
    joined, left = await bench.crm.interest_by_token(mine), await bench.crm.interest_by_token(other)
    assert joined is not None and joined.value.customer_number == QUIET
    assert left is not None and left.value.customer_number is None
