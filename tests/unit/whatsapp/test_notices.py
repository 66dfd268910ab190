"""What the provider says about account and number reaches the operator's log."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.whatsapp.notices import report_change


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("account_alerts", {"alert_severity": "CRITICAL", "alert_type": "OBA"}, ["alert_severity", "alert_type"]),
        ("account_review_update", {"decision": "REJECTED"}, ["decision"]),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {}}, ["event"]),
        ("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_1K"}, ["current_limit", "event"]),
        (
            "phone_number_name_update",
            {"decision": "REJECTED", "rejection_reason": "NAME"},
            ["decision", "rejection_reason"],
        ),
        ("business_capability_update", {"max_daily_conversation_per_phone": 2000}, []),
        ("security", {"event": "PIN_RESET_REQUEST", "requester": "1"}, ["event"]),
    ],
)
def test_an_operator_hears_of_it(field: str, value: dict[str, Any], told: list[str]) -> None:
    with capture_logs() as logs:
        report_change({"field": field, "value": value})
    (entry,) = logs
    assert entry["field"] == field
    assert sorted(entry["told"]) == told


def test_what_concerns_customers_is_not_in_the_log() -> None:
    with capture_logs() as logs:
        report_change({"field": "group_settings_update", "value": {"event": "x"}})
    assert logs == []
