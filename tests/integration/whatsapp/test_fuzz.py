"""A short run of the fuzzer; `make fuzz` runs it for ten minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.whatsapp import fuzz


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [1, 2])
async def test_damaged_webhooks_are_taken_and_cost_no_neighbour(tmp_path: Path, seed: int) -> None:
    rounds, neighbours = await fuzz(seed, tmp_path, most=60)
    assert rounds == 60
    assert neighbours > 20
