"""Whose words a webhook brings: user ids without numbers, numbers that change, and numbers that change hands."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversation.model import AuthorKind, utc_now
from bot.settings import Settings
from bot.store.tables import conversation as conversation_table
from bot.store.whatsapp_contacts import contact_of_conversation
from bot.store.whatsapp_tables import address as address_table
from bot.store.whatsapp_tables import contact as contact_table
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, Rig, posted, rig_of
from tests.integration.whatsapp.later_payloads import LONGEST
from tests.integration.whatsapp.payloads import BSUID, contact, message, post
from tests.invariants import assert_sound

NEW = "4915199999999"


async def _said(rig: Rig, provider_id: str, **parts: Any) -> None:
    contacts = parts.pop("contacts", None)
    await posted(rig, post(message(provider_id=provider_id, **parts), contacts=contacts))
    await rig.applied()


async def _moved(rig: Rig, provider_id: str, sender: str | None = EVA, **system: Any) -> None:
    at = str(int(utc_now().timestamp()))
    notice = message(
        "system", provider_id, sender=sender, timestamp=at, system={"type": "user_changed_number", **system}
    )
    await posted(rig, post(notice, contacts=None))
    await rig.applied()


async def _began_before(rig: Rig, **ago: int) -> None:
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(contact_table).values(created_at=unit.now - timedelta(**ago)))


async def test_the_longest_user_id_is_somebody_and_can_be_answered(rig: Rig) -> None:
    rig.standin.wrote_at[LONGEST] = time.time()
    await _said(rig, "a", sender=None, from_user_id=LONGEST)
    await _said(rig, "b", sender="", from_user_id=LONGEST, contacts=[contact("", LONGEST)])
    await rig.answered()
    known = await rig.contact(None, LONGEST)
    assert (known.user_id, known.number) == (LONGEST, None)
    assert len([entry for entry in await rig.log() if entry.author.kind is AuthorKind.CUSTOMER]) == 2
    await rig.shows("Echo", LONGEST)


async def test_what_whatsapp_says_about_somebody_is_no_word_of_theirs(quiet_rig: Rig) -> None:
    rig = quiet_rig
    changed = {"type": "customer_identity_changed", "body": "Neuer Schlüssel"}
    await posted(rig, post(message("system", "a", system=changed)))
    await rig.applied()
    # Nobody has written: no conversation, no greeting, no 24 hours.
    assert await rig.logs() == {}
    await _said(rig, "b")
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(contact_table).values(window_until=unit.now - timedelta(hours=1)))
    closed = (await rig.contact()).window_until
    await posted(rig, post(message("system", "c", system=changed)))
    await rig.applied()
    known = await rig.contact()
    assert (known.window_until, known.number) == (closed, EVA)
    assert (await rig.log())[-1].text == "[Mitteilung von WhatsApp] Neuer Schlüssel"


@pytest.mark.parametrize("named", ["from_user_id", "previous_user_id", "body"])
async def test_another_user_id_stays_in_its_conversation_wherever_the_old_one_is_named(
    quiet_rig: Rig, named: str
) -> None:
    rig = quiet_rig
    await _said(rig, "a", contacts=[contact(user_id=BSUID)])
    first = (await rig.contact()).conversation_id
    system: dict[str, Any] = {"type": "user_changed_user_id", "user_id": "DE.2"}
    if named == "previous_user_id":
        system["previous_user_id"] = BSUID
    elif named == "body":
        # The name is the customer's own choice and says nothing.
        system["body"] = f"User X changed from DE.7 to DE.2 changed from {BSUID} to DE.2"
    notice = message("system", "b", sender=None, system=system)
    if named == "from_user_id":
        notice["from_user_id"] = BSUID
    await posted(rig, post(notice, contacts=None))
    await rig.applied()
    await _said(rig, "c", sender=None, from_user_id="DE.2")
    assert (await rig.contact(None, "DE.2")).conversation_id == first
    assert len(await rig.logs()) == 1


async def test_a_new_number_that_was_somebody_elses_does_not_lead_to_their_conversation(quiet_rig: Rig) -> None:
    rig = quiet_rig
    await _said(rig, "a", sender=NEW)
    await _began_before(rig, days=200)
    others = (await rig.contact(NEW)).conversation_id
    await _said(rig, "b")
    await _moved(rig, "c", wa_id=NEW)
    mine = (await rig.contact(NEW)).conversation_id
    assert mine != others
    await _said(rig, "d", sender=NEW, text={"body": "Nur für meine Augen"})
    assert [one for one, log in (await rig.logs()).items() if any("Augen" in entry.text for entry in log)] == [mine]
    await _is_out_of_reach(rig, others)
    await assert_sound(rig.services.store)


async def test_a_number_that_changed_hands_is_written_to_for_its_new_holder_only(quiet_rig: Rig) -> None:
    rig = quiet_rig
    await _said(rig, "a", contacts=[contact(user_id=BSUID)])
    before = (await rig.contact()).conversation_id
    await _said(rig, "b", contacts=[contact(user_id="DE.777")])
    async with rig.services.store.read() as unit:
        old = await contact_of_conversation(unit, before)
        phones = await unit.connection.execute(
            sa.select(conversation_table.c.verified_phone).where(conversation_table.c.id == before)
        )
    assert old is not None
    assert (old.number, old.user_id) == (None, BSUID)
    assert phones.scalar_one() is None
    assert (await rig.contact(None, "DE.777")).number == EVA


async def test_a_number_given_up_long_ago_is_another_persons(quiet_rig: Rig) -> None:
    rig = quiet_rig
    await _said(rig, "a")
    await _moved(rig, "b", wa_id=NEW)
    first = (await rig.contact(NEW)).conversation_id
    # What was on its way when the number changed still belongs to the same person.
    await _said(rig, "c")
    assert len(await rig.logs()) == 1
    await _moved(rig, "d", wa_id=NEW)
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(address_table).values(since=unit.now - timedelta(days=31)))
    await _said(rig, "e", text={"body": "Ich bin neu hier"})
    assert len(await rig.logs()) == 2
    assert (await rig.contact(NEW)).conversation_id == first
    assert (await rig.contact(EVA)).conversation_id != first


async def _is_out_of_reach(rig: Rig, conversation_id: str) -> None:
    async with rig.services.store.read() as unit:
        lost = await contact_of_conversation(unit, conversation_id)
    assert lost is not None
    assert (lost.number, lost.user_id, lost.window_until) == (None, None, None)


async def test_who_is_known_at_this_number_and_at_one_that_was_not_told_is_heard_and_becomes_one(
    settings: Settings, brain: FakeBrain
) -> None:
    untold: dict[str, Any] = {"contacts": None, "metadata": {}}
    # With no number of ours set, any is; who did not tell theirs is known apart.
    async with rig_of(replace(settings, whatsapp_access_token=None, whatsapp_phone_number_id=None), brain) as rig:
        await posted(rig, post(message(provider_id="a"), **untold))
        await rig.applied()
        await _said(rig, "b", sender=None, from_user_id=BSUID)
        await posted(rig, post(message(provider_id="c", from_user_id=BSUID), **untold))
        await rig.applied()
        # The number leads to who wrote to the untold one, whose user id belongs to somebody at this one.
        await _said(rig, "d")
        await _said(rig, "e", from_user_id=BSUID)
        assert {item.state for item in await rig.items()} == {"applied"}
        assert (await rig.contact()).conversation_id == (await rig.contact(None, BSUID)).conversation_id
        await assert_sound(rig.services.store)
