"""Entities of a labelled set, on Saturday, 21 November 2026: every value of a sentence and no other, or it is wrong."""

from __future__ import annotations

from labelled_tables import TODAY, table

ENTITIES = table("entities.tsv")


def test_sentences_are_read_exactly(finder):
    wrong = []
    for text, expected in ENTITIES:
        found = "; ".join(f"{one.entity}={one.value}" for one in finder.find(text, "de", TODAY))
        if found != expected.strip():
            wrong.append((text, expected, found))
    assert len(ENTITIES) >= 400
    assert 1 - len(wrong) / len(ENTITIES) >= 0.98, wrong
