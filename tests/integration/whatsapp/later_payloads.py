"""Webhook bodies with what the provider's reference has gained: businesses' own phones, groups, calls, payments, forms,
user ids without numbers; and values that no reference has. `EVERY_CASE` is these beside those of `payloads`."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.whatsapp.payloads import (
    BSUID,
    CASES,
    NUMBER,
    Case,
    change,
    contact,
    entry,
    envelope,
    message,
    post,
    status,
)

PARENT = "DE.ENT.11815799212886844830"
LONGEST = f"DE.{'a1B2' * 64}"
_BUSINESS = "4939112345"


def _one(field: str, **value: Any) -> bytes:
    return envelope(entry(change(field=field, **value), time=1739321024))


def _reply(kind: str, **content: Any) -> dict[str, Any]:
    return message("interactive", interactive={"type": kind, kind: content}, context={"id": "wamid.0"})


def _form(answer: object, **more: Any) -> dict[str, Any]:
    return _reply("nfm_reply", response_json=answer, **more)


def _past(number: int, **parts: Any) -> dict[str, Any]:
    return message(provider_id=f"wamid.past.{number}", history_context={"status": "READ"}, **parts)


def _twice(body: bytes, name: bytes, first: bytes) -> bytes:
    """The body with this name standing twice in an object, first with another value."""
    assert body.count(name) == 1
    return body.replace(name, name + first + b", " + name)


def _notices(**fields: dict[str, Any]) -> dict[str, Case]:
    """What the provider tells about the account, in changes without elements."""
    found = {}
    for field, value in fields.items():
        found[field] = Case(
            envelope({"id": "102290129340398", "time": 1739321024, "changes": [{"field": field, "value": value}]}), 1, 0
        )
    return found


_TWO_THREADS = {
    "metadata": {"phase": 0, "chunk_order": 1, "progress": 55},
    "threads": [
        {"id": NUMBER, "messages": [_past(1), _past(2, sender=_BUSINESS), _past(3, kind="media_placeholder")]},
        {"id": "4915187654321", "messages": [_past(4, sender=_BUSINESS, to="4915187654321")]},
    ],
}

_LATER: dict[str, Case] = {
    # --- the business's own phone beside us ---
    "history": Case(_one("history", history=[_TWO_THREADS]), 4, 0),
    "history_in_two_chunks": Case(
        _one("history", history=[_TWO_THREADS, {"threads": [{"id": "1", "messages": [_past(5)]}]}]), 5, 0
    ),
    "history_that_is_not_shared": Case(_one("history", history=[{"errors": [{"code": 2593109}]}]), 1, 0),
    "history_of_nothing": Case(_one("history", history=[{"metadata": {"phase": 1}, "threads": []}]), 1, 0),
    "a_file_of_history": Case(
        _one("history", messages=[message("image", "wamid.past.3", image={"id": "24230790383178626"})]), 1, 0
    ),
    "contacts_of_the_business_phone": Case(
        _one(
            "smb_app_state_sync",
            state_sync=[
                {"type": "contact", "contact": {"full_name": "Eva Falk", "phone_number": NUMBER}, "action": "add"},
                {"type": "contact", "contact": {"phone_number": "4915187654321"}, "action": "remove"},
            ],
        ),
        2,
        0,
    ),
    "said_on_the_business_phone": Case(
        _one(
            "smb_message_echoes",
            message_echoes=[
                message(sender=_BUSINESS, to=NUMBER),
                message(provider_id="wamid.2", sender=_BUSINESS, to=NUMBER),
            ],
        ),
        2,
        0,
    ),
    # --- groups, calls, wishes ---
    "group_lifecycle_update": Case(
        _one(
            "group_lifecycle_update",
            groups=[{"group_id": "g1", "type": "group_create"}, {"group_id": "g2", "type": "group_delete"}],
        ),
        2,
        0,
    ),
    "group_participants_update": Case(
        _one(
            "group_participants_update",
            groups=[
                {
                    "group_id": "g1",
                    "type": "group_participants_add",
                    "added_participants": [{"wa_id": NUMBER, "user_id": BSUID}],
                }
            ],
        ),
        1,
        0,
    ),
    "group_settings_update": Case(
        _one("group_settings_update", groups=[{"group_id": "g1", "group_subject": {"text": "Nachbarn"}}]), 1, 0
    ),
    "group_status_update": Case(
        _one("group_status_update", groups=[{"group_id": "g1", "type": "group_suspend"}]), 1, 0
    ),
    "a_message_in_a_group_by_user_id": Case(
        post(message(sender="", from_user_id="DE.4711", group_id="g1"), contacts=[contact("", "DE.4711")]), 1, 0
    ),
    "call_statuses": Case(
        _one(
            "calls",
            statuses=[
                {"id": "wacid.9", "type": "call", "status": one, "timestamp": "1671644824", "recipient_id": NUMBER}
                for one in ("RINGING", "ACCEPTED", "REJECTED")
            ],
        ),
        3,
        0,
    ),
    "a_call_by_user_id": Case(
        _one(
            "calls",
            calls=[
                {"id": "wacid.8", "from": "", "from_user_id": BSUID, "event": "connect", "direction": "USER_INITIATED"}
            ],
            contacts=[contact("", BSUID)],
        ),
        1,
        1,
    ),
    "a_call_that_failed": Case(
        _one("calls", calls=[{"id": "wacid.7", "event": "terminate", "status": ["FAILED"]}], errors=[{"code": 138021}]),
        2,
        0,
    ),
    "may_we_call": Case(
        post(_reply("call_permission_reply", response="accept", expiration_timestamp=1753186982)), 1, 1
    ),
    "two_wishes": Case(
        _one(
            "user_preferences",
            user_preferences=[
                {"wa_id": NUMBER, "category": "marketing_messages", "value": one, "timestamp": 1731705721}
                for one in ("stop", "resume")
            ],
            contacts=[contact()],
        ),
        2,
        0,
    ),
    # --- forms, orders, payments, advertisements ---
    "a_form": Case(
        post(_form('{"flow_token": "t", "name": "Eva", "days": ["Mo", "Di"]}', name="flow", body="Sent")), 1, 1
    ),
    "a_form_without_token": Case(post(_form('{"a": 1}')), 1, 1),
    "a_form_as_an_object": Case(post(_form({"flow_token": "t", "a": {"b": 1}})), 1, 1),
    "a_form_that_is_no_json": Case(post(_form("{")), 1, 1),
    "a_form_that_is_a_list": Case(post(_form("[1, 2]")), 1, 1),
    "a_form_of_nothing": Case(post(_form("")), 1, 1),
    "an_address": Case(
        post(
            _form(
                '{"saved_address_id": "1", "values": {"name": "Eva Falk", "city": "Merseburg"}}', name="address_message"
            )
        ),
        1,
        1,
    ),
    "a_question_about_a_product": Case(
        post(
            message(
                context={
                    "from": _BUSINESS,
                    "id": "wamid.0",
                    "referred_product": {"catalog_id": "1", "product_retailer_id": "FRITZ-7590"},
                }
            )
        ),
        1,
        1,
    ),
    "an_order_with_numbers": Case(
        post(
            message(
                "order",
                order={
                    "catalog_id": 1,
                    "product_items": [{"product_retailer_id": 7, "quantity": "2", "item_price": 9.99}],
                },
            )
        ),
        1,
        1,
    ),
    "a_payment": Case(
        envelope(
            entry(
                change(
                    statuses=[
                        status("captured", type="payment", payment={"reference_id": "r", "amount": {"value": 21000}})
                    ]
                )
            )
        ),
        1,
        0,
    ),
    "a_payment_that_failed": Case(
        envelope(entry(change(statuses=[status("failed", type="payment", payment={"reference_id": "r"})]))), 1, 0
    ),
    "a_picture_from_an_advertisement": Case(
        post(
            message(
                "image",
                image={"id": "900100"},
                referral={"source_url": "u", "source_id": 7, "headline": "Glasfaser", "ctwa_clid": "x"},
            )
        ),
        1,
        1,
    ),
    "a_referral_of_a_welcome": Case(
        post(message(referral={"source_type": "ad", "welcome_message": {"text": "Hallo"}})), 1, 1
    ),
    "the_chat_was_opened": Case(post(message("request_welcome")), 1, 1),
    "forwarded_often": Case(post(message(context={"forwarded": True, "frequently_forwarded": True})), 1, 1),
    "a_digit_that_is_no_number": Case(
        post(message(text={"body": "²"}), message(provider_id="wamid.2", text={"body": "①"})), 2, 2
    ),
    "a_voice_of_nothing": Case(post(message("voice", voice=[])), 1, 1),
    "contacts_without_names": Case(
        post(message("contacts", contacts=[{"phones": [{"phone": "+49 391 1"}]}, {"vcard": "BEGIN:VCARD"}])), 1, 1
    ),
    # --- reactions, changes, what WhatsApp itself says ---
    "a_reaction": Case(post(message("reaction", reaction={"message_id": "wamid.0", "emoji": "👍"})), 1, 1),
    "a_reaction_taken_back": Case(post(message("reaction", reaction={"message_id": "wamid.0"})), 1, 1),
    "a_reaction_of_nothing": Case(post(message("reaction", reaction={"message_id": "wamid.0", "emoji": None})), 1, 1),
    "a_deleted_message": Case(post(message("revoke", revoke={"original_message_id": "wamid.0"})), 1, 1),
    "an_edited_caption": Case(
        post(
            message(
                "edit",
                edit={
                    "original_message_id": "wamid.0",
                    "message": {"type": "image", "image": {"id": "9", "caption": "neu"}},
                },
            )
        ),
        1,
        1,
    ),
    "an_identity_that_changed": Case(
        post(message("system", system={"type": "customer_identity_changed", "body": "User identity changed"})), 1, 0
    ),
    "a_number_that_changed_of_nobody": Case(
        post(message("system", system={"type": "user_changed_number", "wa_id": "4915199999999"}), contacts=None), 1, 0
    ),
    "a_number_that_changed_as_it_was_said_before": Case(
        post(message("system", system={"type": "customer_changed_number", "new_wa_id": 4915199999999}), contacts=None),
        1,
        0,
    ),
    "a_user_id_that_changed_of_nobody": Case(
        post(
            message(
                "system",
                sender=None,
                system={
                    "type": "user_changed_user_id",
                    "user_id": "DE.2",
                    "body": "User Eva changed from DE.1 to DE.2",
                },
            ),
            contacts=None,
        ),
        1,
        0,
    ),
    "not_supported_with_its_kind": Case(
        post(message("unsupported", errors=[{"code": 131051}], unsupported={"type": "poll"})), 1, 1
    ),
    # --- who it is from ---
    "no_number_but_a_user_id": Case(
        post(
            message(sender="", from_user_id=BSUID, from_parent_user_id=PARENT),
            contacts=[{**contact("", BSUID), "parent_user_id": PARENT}],
        ),
        1,
        1,
    ),
    "a_parent_as_user_id": Case(post(message(sender=None, from_user_id=PARENT), contacts=None), 1, 1),
    "the_longest_user_id": Case(post(message(sender=None, from_user_id=LONGEST), contacts=None), 1, 1),
    "more_contacts_than_messages": Case(
        post(message(), contacts=[contact("4915187654321", name="Ben Adler"), contact(), contact("1", name=None)]), 1, 1
    ),
    "a_contact_of_somebody_else": Case(post(message(), contacts=[contact("4915187654321", "DE.9")]), 1, 1),
    "contacts_that_are_nothing": Case(post(message(), contacts=[None, 7, "x", [], {}]), 1, 1),
    "a_profile_that_is_text": Case(post(message(), contacts=[{"wa_id": NUMBER, "profile": "Eva"}]), 1, 1),
    "a_user_name": Case(
        post(
            message(),
            contacts=[{"wa_id": NUMBER, "profile": {"name": "Eva", "username": "@eva", "country_code": "DE"}}],
        ),
        1,
        1,
    ),
    "nobody_and_two_contacts": Case(post(message(sender=None), contacts=[contact(), contact("4915187654321")]), 1, 0),
    # --- times, ids, statuses ---
    "a_time_with_a_fraction": Case(post(message(timestamp=1697043223.75)), 1, 1),
    "a_time_of_an_endless_number": Case(post(message(timestamp="X")).replace(b'"X"', b"1e999"), 1, 1),
    "a_time_in_milliseconds": Case(post(message(timestamp=1697043223000)), 1, 1),
    "an_empty_id": Case(post(message(provider_id="")), 1, 1),
    "a_blank_id": Case(post(message(provider_id="  ")), 1, 1),
    "no_id_at_all": Case(
        post(message(provider_id=None), message(provider_id=None, text={"body": "und noch etwas"})), 2, 2
    ),
    "ids_that_are_no_ids": Case(
        post(message(provider_id=True), message(provider_id=True, text={"body": "und noch etwas"})), 2, 2
    ),
    "an_id_that_is_a_fraction": Case(post(message(provider_id=1.5)), 1, 1),
    "an_id_of_ten_kilobytes": Case(post(message(provider_id="wamid." + "é" * 5000)), 1, 1),
    "two_endless_ids_that_end_differently": Case(
        post(message(provider_id="w" * 9000 + "1"), message(provider_id="w" * 9000 + "2")), 2, 2
    ),
    "a_huge_number_as_id": Case(post(message(provider_id=10**40 + 1), message(provider_id=10**40 + 2)), 2, 2),
    "a_status_with_prices": Case(
        envelope(
            entry(
                change(
                    statuses=[
                        status(
                            recipient_user_id=BSUID,
                            conversation={"id": "c", "expiration_timestamp": 1, "origin": {"type": "service"}},
                            pricing={"billable": False, "pricing_model": "PMP", "type": "free_customer_service"},
                        )
                    ],
                    contacts=[contact()],
                )
            )
        ),
        1,
        0,
    ),
    "a_status_with_errors_in_an_odd_shape": Case(
        envelope(
            entry(change(statuses=[status("failed", errors=one) for one in ([], {}, "x", [None], [{"code": "x"}])]))
        ),
        1,
        0,
    ),
    # --- names that stand twice ---
    "messages_twice": Case(
        _twice(post(message()), b'"messages": ', json.dumps([message(provider_id="wamid.2")]).encode()), 2, 2
    ),
    "entry_twice": Case(
        _twice(
            post(message()),
            b'"entry": ',
            json.dumps([entry(change(messages=[message(provider_id="wamid.2")]))]).encode(),
        ),
        2,
        2,
    ),
    "value_twice": Case(
        _twice(post(message()), b'"value": ', json.dumps({"messages": [message(provider_id="wamid.2")]}).encode()), 2, 2
    ),
    "messages_twice_as_objects": Case(
        _twice(
            json.dumps(
                {"entry": [{"id": "102290129340398", "changes": [{"value": {"messages": message()}}]}]}
            ).encode(),
            b'"messages": ',
            json.dumps(message(provider_id="wamid.2")).encode(),
        ),
        2,
        2,
    ),
    # --- bodies without an envelope ---
    "a_value_alone": Case(json.dumps({"contacts": [contact()], "messages": [message()]}).encode(), 1, 1),
    "a_change_alone": Case(json.dumps(change(messages=[message(), message(provider_id="wamid.2")])).encode(), 2, 2),
    "a_list_of_bodies": Case(b"[%b, %b]" % (post(message()), post(message(provider_id="wamid.2"))), 2, 2),
    "a_list_of_nothing": Case(b'[["nobody"], 70707, "nothing"]', 3, 0),
    # --- structures ---
    "an_entry_that_is_text": Case(json.dumps({"entry": "x"}).encode(), 1, 0),
    "a_value_that_is_null": Case(
        envelope(entry({"field": "messages", "value": None}, change(messages=[message()]))), 2, 1
    ),
    "a_value_that_is_a_list": Case(
        envelope(entry({"field": "messages", "value": [message()]}, change(messages=[message()]))), 2, 1
    ),
    "changes_that_are_text": Case(
        envelope({"id": "102290129340398", "changes": "x"}, entry(change(messages=[message()]))), 2, 1
    ),
    "lists_in_lists": Case(
        envelope([entry(change(messages=[message()]))], entry(change(messages=[message(provider_id="wamid.2")]))), 2, 1
    ),
    "messages_that_are_text": Case(envelope(entry(change(messages="x", statuses=7))), 2, 0),
    "nested_below_the_parser": Case(
        post(message(x="X"), message(provider_id="wamid.2")).replace(b'"X"', b'{"a":' * 5000 + b"1" + b"}" * 5000), 2, 2
    ),
    "endless_and_no_number": Case(
        post(message(x="X", y="Y")).replace(b'"X"', b"-Infinity").replace(b'"Y"', b"NaN"), 1, 1
    ),
    "surrogates_in_names": Case(post(message(x="X")).replace(b'"x"', b'"\\ud800\\u0000"'), 1, 1),
    "nul_everywhere": Case(
        post(message(text={"body": "\x00"}, context={"id": "\x00"}), contacts=[contact(name="\x00")]), 1, 1
    ),
    # --- notices ---
    **_notices(
        account_alerts={"entity_type": "BUSINESS", "alert_severity": "CRITICAL", "alert_type": "OBA_APPROVED"},
        account_review_update={"decision": "APPROVED"},
        account_settings_update={"type": "phone_number_settings", "phone_number_settings": {"phone_number_id": "1"}},
        business_capability_update={"max_daily_conversation_per_phone": 2000},
        business_status_update={"event": "COMPROMISED_NOTIFICATION"},
        phone_number_quality_update={
            "display_phone_number": "1",
            "event": "THROUGHPUT_UPGRADE",
            "current_limit": "TIER_UNLIMITED",
        },
        phone_number_name_update={"decision": "REJECTED", "rejection_reason": "NAME"},
        security={"event": "PIN_RESET_REQUEST", "requester": "61555822107539"},
        flows={"event": "FLOW_STATUS_CHANGE", "flow_id": "1", "old_status": "DRAFT"},
        payment_configuration_update={"configuration_name": "x", "status": "Needs Testing"},
        partner_solutions={"event": "SOLUTION_CREATED", "solution_id": "1"},
        tracking_events={"messaging_product": "whatsapp", "events": [{"event_name": "x"}]},
        message_template_status_update={
            "event": "PAUSED",
            "message_template_name": "n" * 600,
            "message_template_language": "de",
            "reason": "r" * 900,
        },
        a_name_of_one_megabyte={"x" * 1_000_000: 1},
    ),
}

EVERY_CASE: dict[str, Case] = {**CASES, **_LATER}
assert len(EVERY_CASE) == len(CASES) + len(_LATER)
