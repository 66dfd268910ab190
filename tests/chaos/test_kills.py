"""The kill test in short: a hundred conversations through real processes that are killed, then the audit.

The same harness runs for longer and with the real brain as `python -m bench.chaos`.
"""

from __future__ import annotations

import pytest

from bench.chaos.customers import Manner
from bench.chaos.play import Plan, perform
from bench.chaos.scene import Cast, Missing

MIX = {"edge": 45, "worker": 35, "brain": 15, "redis": 5}


# On a machine that is busy with other things, starting processes again takes its time.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
async def test_nothing_is_lost_doubled_or_out_of_turn_while_processes_are_killed(backend: str) -> None:
    plan = Plan(
        cast=Cast(backend=backend, edges=2, workers=2, turn_deadline=5.0, queue_deadline=3.0, agent_deadline=4.0),
        conversations=100,
        kills=15,
        at_once=34,
        seconds_between_kills=1.3,
        mix=MIX,
        manner=Manner(fewest_steps=1, most_steps=4, thinks=0.4, patience=2.0),
        freezes=1,
        cuts=2,
        seed=20261121,
    )
    try:
        result = await perform(plan)
    except Missing as missing:
        pytest.skip(str(missing))
    assert result.findings.all() == []
    assert result.crashes == []
    assert sum(result.kills.values()) >= 15
    counts = result.counts
    assert counts["conversations"] == 100
    assert counts["messages sent"] == counts["stored"]
    fates = (
        "answered by the bot",
        "handed to a person",
        "on a case",
        "withdrawn by the customer",
        "a rating of a person's help",
    )
    assert sum(counts[fate] for fate in fates) == counts["stored"]
    # The run is worth its name only if all of these happened.
    assert counts["answered by the bot"] > 50
    assert counts["handed to a person"] > 0
    assert counts["on a case"] > 0
    assert counts["agents' replies stored"] > 0
