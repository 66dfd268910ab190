"""Proof of identity: codes, attempts, limits, and what an attempt does not reveal."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from crm_bench import Bench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import tables
from actions.crm.codes import hash_code
from actions.crm.models import Expired, Identifier, IdentifierKind, Locked, Proven, Wrong

VOGEL = Identifier(kind="number", value="2048173")
ALBRECHT = Identifier(kind="email", value="jens.albrecht@example.org")
NOBODY = Identifier(kind="number", value="9999999")


async def test_code_proves_the_session_and_no_other(bench: Bench) -> None:
    conversation = bench.conversation()
    started = await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    assert started.result == "code_if_known"
    assert started.expires_at == bench.clock.now + timedelta(minutes=10)
    assert (await bench.crm.identity(conversation, 1)).level == "claimed"
    assert await bench.crm.proven_customer(conversation, 1) is None
    code = await bench.code()
    result = await bench.crm.check_code(conversation, 1, f" {code[:3]} {code[3:]} ")
    assert isinstance(result, Proven) and result.customer.record == "2048173"
    proven = await bench.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.value.number == "2048173"
    assert (await bench.crm.identity(conversation, 1)).level == "proven"
    for other in ((conversation, 2), (bench.conversation(), 1)):
        assert (await bench.crm.identity(*other)).level == "none"
        assert await bench.crm.check_code(*other, code) == Expired()


@pytest.mark.parametrize(
    ("kind", "value", "medium", "to", "language", "words"),
    [
        ("number", "2048173", "mail", "martina.vogel@example.org", "de", "Ihr Code lautet"),
        ("phone", "0171 3920002", "sms", "+491713920002", "de", "Ihr Code"),
        ("phone", "030 23125101", "mail", "martina.vogel@example.org", "en", "your code is"),
        ("number", "2158419", "sms", "+491713920012", "en", "your code"),  # no mail on file
    ],
)
async def test_the_code_goes_to_what_is_on_file(
    bench: Bench, kind: IdentifierKind, value: str, medium: str, to: str, language: str, words: str
) -> None:
    await bench.crm.start_proof(bench.conversation(), 1, Identifier(kind=kind, value=value), language)
    (sent,) = await bench.crm.notifications()
    assert (sent.medium, sent.to, sent.created_at) == (medium, to, bench.clock.now)
    assert words in sent.body
    assert (sent.subject == "") == (medium == "sms")


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        (VOGEL, NOBODY),
        (ALBRECHT, Identifier(kind="email", value="nobody@example.org")),
        (Identifier(kind="phone", value="01713920002"), Identifier(kind="phone", value="01713920099")),
    ],
)
async def test_known_and_unknown_look_the_same(bench: Bench, known: Identifier, unknown: Identifier) -> None:
    outcomes = []
    for identifier in (known, unknown):
        conversation = bench.conversation()
        outcome: list[object] = [await bench.crm.start_proof(conversation, 1, identifier, "de")]
        wrong = bench.wrong(await bench.code())
        outcome += [await bench.crm.check_code(conversation, 1, wrong) for _ in range(4)]
        outcome.append(await bench.crm.start_proof(conversation, 1, identifier, "de"))
        outcome += [await bench.crm.start_proof(conversation, 1, NOBODY, "de") for _ in range(4)]
        bench.clock.advance(minutes=61)
        outcome += [await bench.crm.check_code(conversation, 1, wrong)]
        bench.clock.advance(minutes=-61)
        outcomes.append(outcome)
    assert outcomes[0] == outcomes[1]
    assert len(await bench.crm.notifications()) == 2  # to the known one only


async def test_no_guess_proves_an_unknown_identifier(bench: Bench) -> None:
    """Not even the guess that fits the stored code."""
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, NOBODY, "de")
    columns = tables.identity_proof.c

    async def salt_of_code(connection: AsyncConnection) -> bytes:
        salt: bytes = (await connection.execute(select(columns.salt))).scalar_one()
        return salt

    fitting = await hash_code("123456", await bench.database.read("salt", salt_of_code))

    async def make_it_fit(connection: AsyncConnection) -> None:
        await connection.execute(update(tables.identity_proof).values(code_hash=fitting))

    await bench.database.write("fit", make_it_fit)
    assert await bench.crm.check_code(conversation, 1, "123456") == Wrong(attempts_left=2)
    assert await bench.crm.proven_customer(conversation, 1) is None
    assert await bench.crm.notifications() == []


@pytest.mark.parametrize("value", ["", "\x00", "\ud800@\x00", "x" * 10_000, "+49" * 100, "٢٠٤٨١٧٣"])
@pytest.mark.parametrize("kind", ["number", "email", "phone"])
async def test_nonsense_is_an_unknown_identifier(bench: Bench, kind: IdentifierKind, value: str) -> None:
    conversation = bench.conversation()
    started = await bench.crm.start_proof(conversation, 1, Identifier(kind=kind, value=value), "de")
    assert started.result == "code_if_known"
    assert await bench.crm.check_code(conversation, 1, value) == Wrong(attempts_left=2)


async def test_the_code_is_nowhere_in_the_proof(bench: Bench) -> None:
    await bench.crm.start_proof(bench.conversation(), 1, VOGEL, "de")
    code = await bench.code()

    async def row(connection: AsyncConnection) -> str:
        return repr((await connection.execute(select(tables.identity_proof))).one())

    text = await bench.database.read("row", row)
    assert code not in text and "example.org" not in text


async def test_third_wrong_code_locks_even_for_the_right_one(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    wrong = bench.wrong(code)
    assert await bench.crm.check_code(conversation, 1, wrong) == Wrong(attempts_left=2)
    assert await bench.crm.check_code(conversation, 1, "hello") == Wrong(attempts_left=1)
    assert await bench.crm.check_code(conversation, 1, wrong) == Locked()
    assert await bench.crm.check_code(conversation, 1, code) == Locked()
    assert await bench.crm.proven_customer(conversation, 1) is None
    # A new code may be asked for at once, and works.
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    assert isinstance(await bench.crm.check_code(conversation, 1, await bench.code()), Proven)


async def test_right_on_the_third_try(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    for _ in range(2):
        await bench.crm.check_code(conversation, 1, bench.wrong(code))
    assert isinstance(await bench.crm.check_code(conversation, 1, code), Proven)


async def test_a_code_expires_after_ten_minutes(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    bench.clock.advance(minutes=10)
    assert await bench.crm.check_code(conversation, 1, code) == Expired()
    assert await bench.crm.proven_customer(conversation, 1) is None


async def test_a_repeated_turn_sends_one_code(bench: Bench) -> None:
    conversation = bench.conversation()
    first = await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    bench.clock.advance(seconds=59)
    same = Identifier(kind="number", value=" 20 48 173")
    assert await bench.crm.start_proof(conversation, 1, same, "de") == first
    assert len(await bench.crm.notifications()) == 1
    bench.clock.advance(seconds=1)
    old = await bench.code()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    assert len(await bench.crm.notifications()) == 2
    if old != await bench.code():
        assert isinstance(await bench.crm.check_code(conversation, 1, old), Wrong)


async def test_turns_at_once_send_one_code(bench: Bench) -> None:
    conversation = bench.conversation()
    await asyncio.gather(*(bench.crm.start_proof(conversation, 1, VOGEL, "de") for _ in range(6)))
    assert len(await bench.crm.notifications()) == 1


async def test_another_identifier_replaces_the_code_but_not_a_proven_identity(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, NOBODY, "de")
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    await bench.crm.check_code(conversation, 1, await bench.code())
    await bench.crm.start_proof(conversation, 1, ALBRECHT, "de")
    proven = await bench.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.record == VOGEL.value
    await bench.crm.check_code(conversation, 1, await bench.code())
    proven = await bench.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.record == "2051926"


async def test_five_codes_an_hour_in_a_conversation(bench: Bench) -> None:
    conversation = bench.conversation()
    for _ in range(5):
        assert (await bench.crm.start_proof(conversation, 1, VOGEL, "de")).result == "code_if_known"
        bench.clock.advance(minutes=2)
    for identifier in (VOGEL, NOBODY):
        assert (await bench.crm.start_proof(conversation, 2, identifier, "de")).result == "limited"
    assert len(await bench.crm.notifications()) == 5
    bench.clock.advance(minutes=55)
    assert (await bench.crm.start_proof(conversation, 1, VOGEL, "de")).result == "code_if_known"


async def test_five_codes_an_hour_to_a_customer_and_no_word_about_it(bench: Bench) -> None:
    started = [await bench.crm.start_proof(bench.conversation(), 1, VOGEL, "de") for _ in range(6)]
    assert len({result.result for result in started}) == 1
    assert len(await bench.crm.notifications()) == 5


async def test_the_limit_per_customer_holds_for_calls_at_once(bench: Bench) -> None:
    await asyncio.gather(*(bench.crm.start_proof(bench.conversation(), 1, VOGEL, "de") for _ in range(8)))
    assert len(await bench.crm.notifications()) == 5


async def test_parallel_wrong_tries_are_three(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    tries = [bench.crm.check_code(conversation, 1, bench.wrong(code)) for _ in range(10)]
    results = await asyncio.gather(*tries)
    assert sum(isinstance(result, Wrong) for result in results) == 2
    assert results.count(Locked()) == 8
    assert await bench.crm.check_code(conversation, 1, code) == Locked()


async def test_parallel_right_codes_prove_once_and_all_see_it(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    results = await asyncio.gather(*(bench.crm.check_code(conversation, 1, code) for _ in range(6)))
    assert all(isinstance(result, Proven) for result in results)
    assert await bench.crm.check_code(conversation, 1, bench.wrong(code)) == Expired()  # used, nothing to guess
    assert await bench.crm.proven_customer(conversation, 1) is not None


async def test_an_attempt_repeated_is_counted_once(bench: Bench) -> None:
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    for _ in range(4):
        result = await bench.crm.check_code(conversation, 1, bench.wrong(code), attempt="turn-1")
        assert result == Wrong(attempts_left=2)
    # An attempt's id cannot be used for a second guess.
    assert await bench.crm.check_code(conversation, 1, code, attempt="turn-1") == Wrong(attempts_left=2)
    for _ in range(2):
        assert isinstance(await bench.crm.check_code(conversation, 1, code, attempt="turn-2"), Proven)


steps = st.sampled_from(["wrong", "wrong", "right", "again", "wait", "new", "other"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(steps, max_size=9))
async def test_attempts_follow_the_model(bench: Bench, plan: list[str]) -> None:
    """Any sequence of tries gives what a hand-written model of one code gives."""
    await bench.clean()
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code, attempts, used, age, codes = await bench.code(), 0, False, 0, 1
    proven, last = False, "first"
    for index, step in enumerate(plan):
        if step == "wait":
            bench.clock.advance(minutes=4)
            age += 4
        elif step == "new":
            bench.clock.advance(minutes=2)
            limited = (await bench.crm.start_proof(conversation, 1, VOGEL, "de")).result == "limited"
            age += 2
            assert limited == (codes >= 5)
            if not limited:
                code, attempts, used, age, codes, last = await bench.code(), 0, False, 0, codes + 1, "none"
        elif step == "other":
            assert await bench.crm.check_code(conversation, 2, code) == Expired()
        else:
            repeated = step == "again" and attempts > 0
            attempt = last if repeated else f"turn-{index}"
            result = await bench.crm.check_code(
                conversation, 1, code if step == "right" else bench.wrong(code), attempt=attempt
            )
            if used:
                assert isinstance(result, Proven) if step == "right" else result == Expired()
            elif repeated:
                assert result == (Locked() if attempts == 3 else Wrong(attempts_left=3 - attempts))
            elif age >= 10:
                assert result == Expired()
            elif attempts == 3:
                assert result == Locked()
            elif step == "right":
                assert isinstance(result, Proven)
                used = proven = True
            else:
                attempts, last = attempts + 1, attempt
                assert result == (Locked() if attempts == 3 else Wrong(attempts_left=3 - attempts))
        assert (await bench.crm.proven_customer(conversation, 1) is not None) == proven


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.booleans(), min_size=1, max_size=7))
async def test_whatever_comes_at_once_no_more_than_three_attempts_count(bench: Bench, plan: list[bool]) -> None:
    await bench.clean()
    conversation = bench.conversation()
    await bench.crm.start_proof(conversation, 1, VOGEL, "de")
    code = await bench.code()
    tries = [bench.crm.check_code(conversation, 1, code if right else bench.wrong(code)) for right in plan]
    results = await asyncio.gather(*tries)
    proven = any(isinstance(result, Proven) for result in results)
    counted = sum(isinstance(result, Wrong) for result in results)
    assert counted <= 2
    assert (await bench.crm.proven_customer(conversation, 1) is not None) == proven
    if not any(plan):
        assert results.count(Locked()) == max(0, len(plan) - 2)
    elif plan.count(False) <= 2:
        assert proven
