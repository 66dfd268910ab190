"""Items of a body: the same for the same elements, whatever the batch, the order or the neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.whatsapp.content import read
from connectors.whatsapp.envelope import items, load, storable
from tests.integration.whatsapp.later_payloads import EVERY_CASE
from tests.integration.whatsapp.payloads import change, entry, envelope, message, status

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
_ELEMENTS = st.lists(
    st.integers(0, 30).map(lambda n: ("messages", message(provider_id=f"wamid.{n}")))
    | st.integers(0, 30).map(lambda n: ("statuses", status("read", provider_id=f"wamid.{n}"))),
    min_size=1,
    max_size=12,
)

# How fast the machine is says nothing about the code.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", EVERY_CASE)
def test_each_case_has_as_many_items_as_elements(name: str) -> None:
    found = items(EVERY_CASE[name].body)
    assert len(found) == EVERY_CASE[name].items
    assert len({item.key for item in found}) == len(found)
    for item in found:
        assert item.raw.isascii()
        assert "\x00" not in item.raw
        assert len(item.key) <= 200
        assert len(item.sender or "") <= 160


@_UNHURRIED
@given(_ELEMENTS, st.data())
def test_the_set_of_items_is_the_same_for_any_batch_order_and_repetition(
    elements: list[tuple[str, dict]], data: st.DataObject
) -> None:
    alone = {item.key for name, one in elements for item in items(envelope(entry(change(**{name: [one]}))))}
    shuffled = data.draw(st.permutations(elements + elements[: len(elements) // 2]))
    cut = data.draw(st.integers(0, len(shuffled)))
    together: set[str] = set()
    for part in filter(None, (shuffled[:cut], shuffled[cut:])):
        changes = [change(**{name: [one]}) for name, one in part]
        together |= {item.key for item in items(envelope(entry(*changes)))}
    assert together == alone


@_UNHURRIED
@given(_JSON)
def test_nothing_that_is_json_raises_and_nothing_is_lost(tree: Any) -> None:
    sound = message(provider_id="wamid.sound")
    for body in (
        json.dumps(tree).encode(),
        envelope(tree, entry(change(messages=[sound]))),
        envelope(entry(tree, change(messages=[sound]))),
        envelope(entry(change(messages=[tree, sound], statuses=tree, contacts=tree))),
    ):
        found = items(body)
        assert found
        if b"wamid.sound" in body:
            assert "message:wamid.sound" in {item.key for item in found}
        for item in found:
            assert load(item.raw).keys() >= {"element"}


@_UNHURRIED
@given(st.binary(max_size=200))
def test_nothing_at_all_raises(body: bytes) -> None:
    assert items(body)


@_UNHURRIED
@given(st.sampled_from(["text", "button", "interactive", "image", "location", "contacts", "order", "edit"]), _JSON)
def test_a_message_of_any_content_can_be_read(kind: str, content: Any) -> None:
    found = read({"type": kind, kind: content, "context": content, "referral": content})
    assert found.text is not None or found.key is not None


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\x00b", "a\ufffdb"),
        ("a\ud83db", "a\ufffdb"),
        ("\ude42", "\ufffd"),
        ("🙂 ü", "🙂 ü"),
        ("\\u0000 \\ud83d", "\\u0000 \\ud83d"),
        ("\\\x00", "\\\ufffd"),
    ],
)
def test_what_no_database_takes_is_marked_and_the_rest_stays(text: str, stored: str) -> None:
    assert load(storable(json.dumps(text))) == stored


@pytest.mark.parametrize(
    ("echo", "whose"),
    [
        ({"from": "4939112345", "to": "4915112345678"}, "4915112345678"),
        ({"from": "4939112345", "to": "4915112345678", "to_user_id": "DE.1"}, "DE.1"),
        # Said the other way round, as of a message that comes in.
        ({"from": "4915112345678", "to": "4939112345"}, "4915112345678"),
        ({"from": "4939112345"}, None),
    ],
)
def test_a_word_of_the_business_is_about_its_recipient(echo: dict[str, Any], whose: str | None) -> None:
    (item,) = items(envelope(entry(change(message_echoes=[{**echo, "id": "wamid.1", "type": "text"}]))))
    assert item.sender == whose


@pytest.mark.parametrize("told", ["106540352242922", 106540352242922])
def test_an_item_keeps_which_of_our_numbers_it_came_to(told: object) -> None:
    metadata = {"display_phone_number": "+4939112345", "phone_number_id": told}
    (item,) = items(envelope(entry(change(messages=[message()], metadata=metadata))))
    assert load(item.raw)["ours"] == {"id": "106540352242922", "number": "4939112345"}


@pytest.mark.parametrize("metadata", [None, 7, [], {}, {"phone_number_id": ["1"]}, {"phone_number_id": "x" * 41}])
def test_a_number_that_is_none_is_not_kept(metadata: object) -> None:
    (item,) = items(envelope(entry(change(messages=[message()], metadata=metadata))))
    assert "ours" not in load(item.raw)
