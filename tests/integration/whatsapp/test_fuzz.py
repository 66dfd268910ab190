"""The fuzzer for a while: about a minute for each database where `CI` is set, with new damage each time, else a few
requests. `make fuzz` runs it for ten minutes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.fuzz.whatsapp import fuzz

# Seconds of posting; working it off takes about as long.
_POSTING = 40.0
_FEW = 60


@pytest.mark.timeout(900)
async def test_damaged_webhooks_are_taken_and_cost_no_neighbour(tmp_path: Path, database_url: str) -> None:
    if os.environ.get("CI"):
        rounds, neighbours = await fuzz(int(time.time()), tmp_path, seconds=_POSTING, database_url=database_url)
    else:
        rounds, neighbours = await fuzz(1, tmp_path, most=_FEW, database_url=database_url)
        assert rounds == _FEW
    assert rounds > neighbours > rounds // 3
