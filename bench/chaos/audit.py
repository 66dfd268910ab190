"""The audit after a kill test: what the clients sent, saw and were told, against what the database holds.

Nothing here asks the edge. A finding is a sentence under one of four headings; with none under any, the guarantees
held.

- lost: sent but not stored, acknowledged but not stored, stored but without an outcome, or seen but not stored.
- doubled: stored twice, answered twice, two receipts for one message, two cases or two words for one change of holder.
- out of turn: a voice in somebody else's tenure, an entry in a tenure that was over, a gap or a step back in the order.
- differs: what a client saw is not what is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bench.chaos.agents import Shift
from bench.chaos.widget import Record
from bot.store.desk_tables import rating
from bot.store.engine import Database
from bot.store.tables import agent, case, conversation, inbox, message, stream, tenure, trace

Row = Mapping[str, Any]


@dataclass
class Findings:
    """What is wrong, in words. Empty when all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_turn: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        """Everything found."""
        return [f"{heading}: {finding}" for heading, findings in vars(self).items() for finding in findings]


@dataclass
class Stored:
    """Everything in the database, by conversation."""

    conversations: dict[str, Row]
    tenures: dict[str, list[Row]]
    messages: dict[str, list[Row]]
    outcomes: dict[str, Row]
    cases: dict[str, list[Row]]
    # Questions for a rating that customers were asked.
    ratings: dict[str, list[Row]]
    traces: dict[str, list[Row]]
    agents: dict[str, str]
    stream: dict[int, tuple[str, int | None]]


async def read_all(database: Database) -> Stored:
    """Read the whole database."""

    async with database.read() as connection:

        async def rows(query: sa.Select[Any]) -> list[Row]:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

        def grouped(found: list[Row]) -> dict[str, list[Row]]:
            groups: dict[str, list[Row]] = defaultdict(list)
            for row in found:
                groups[row["conversation_id"]].append(row)
            return groups

        return Stored(
            conversations={row["id"]: row for row in await rows(sa.select(conversation))},
            tenures=grouped(await rows(sa.select(tenure).order_by("conversation_id", "epoch"))),
            messages=grouped(await rows(sa.select(message).order_by("conversation_id", "seq"))),
            outcomes={row["message_id"]: row for row in await rows(sa.select(inbox))},
            cases=grouped(await rows(sa.select(case).order_by("number"))),
            ratings=grouped(await rows(sa.select(rating).order_by("epoch"))),
            traces=grouped(await rows(sa.select(trace).order_by("at"))),
            agents={row["login"]: row["id"] for row in await rows(sa.select(agent))},
            stream={row["position"]: (row["conversation_id"], row["seq"]) for row in await rows(sa.select(stream))},
        )


def examine(stored: Stored, records: Sequence[Record], shifts: Sequence[Shift], *, marks: bool) -> Findings:
    """Compare. `marks`: every typed text is one of a kind and the brain repeats each line that it answers."""
    findings = Findings()
    for conversation_id, row in stored.conversations.items():
        _order(findings, row, stored.tenures[conversation_id], stored.messages[conversation_id])
        _voices(findings, stored.tenures[conversation_id], stored.messages[conversation_id])
        _outcomes(findings, conversation_id, stored, marks=marks)
    for record in records:
        _customer(findings, record, stored)
    for shift in shifts:
        _agent(findings, shift, stored)
    return findings


def _order(findings: Findings, row: Row, tenures: Sequence[Row], messages: Sequence[Row]) -> None:
    name = row["id"]
    if [entry["seq"] for entry in messages] != list(range(1, len(messages) + 1)) or row["head_seq"] != len(messages):
        findings.lost.append(f"{name}: the log has a gap")
    if [one["epoch"] for one in tenures] != list(range(1, len(tenures) + 1)):
        findings.out_of_turn.append(f"{name}: the epochs have a gap")
    epochs = [entry["epoch"] for entry in messages]
    if epochs != sorted(epochs):
        findings.out_of_turn.append(f"{name}: an entry stands in a tenure that was over")
    still_open = [one for one in tenures if one["ended_at"] is None]
    if len(still_open) != 1 or still_open[0]["epoch"] != row["epoch"] or still_open[0]["holder"] != row["holder"]:
        findings.out_of_turn.append(f"{name}: not exactly one holder")
    for one in tenures:
        words = [entry for entry in messages if entry["epoch"] == one["epoch"] and entry["opens"]]
        if len(words) != 1:
            findings.doubled.append(f"{name}: {len(words)} words about the change to epoch {one['epoch']}")
        if one["holder"] in {"queue", "agent"} and one["deadline_at"] is None:
            findings.lost.append(f"{name}: epoch {one['epoch']} has no deadline")


def _voices(findings: Findings, tenures: Sequence[Row], messages: Sequence[Row]) -> None:
    holders = {one["epoch"]: one for one in tenures}
    for entry in messages:
        held = holders[entry["epoch"]]
        may_speak = {"bot": "bot", "human": "agent"}.get(entry["author_kind"], held["holder"])
        if held["holder"] != may_speak:
            findings.out_of_turn.append(
                f"{entry['conversation_id']}: {entry['author_kind']} speaks at {entry['seq']}, {held['holder']} holds"
            )
        if held["ended_at"] is not None and entry["at"] > held["ended_at"]:
            findings.out_of_turn.append(f"{entry['conversation_id']}: {entry['seq']} is later than its tenure's end")
    times = [entry["at"] for entry in messages]
    if times != sorted(times):
        findings.out_of_turn.append(f"{messages[0]['conversation_id']}: the times step back")


def _outcomes(findings: Findings, conversation_id: str, stored: Stored, *, marks: bool) -> None:
    messages = stored.messages[conversation_id]
    for turn_id, count in Counter(
        one["turn_id"] for one in stored.traces[conversation_id] if one["outcome"] == "committed"
    ).items():
        if count > 1:
            findings.doubled.append(f"{conversation_id}: turn {turn_id} was committed {count} times")
    for epoch, count in Counter(one["epoch"] for one in stored.cases[conversation_id]).items():
        if count > 1:
            findings.doubled.append(f"{conversation_id}: {count} cases for epoch {epoch}")
    said_by_bot = "\n".join(entry["text"] for entry in messages if entry["author_kind"] == "bot")
    for entry in messages:
        if entry["author_kind"] != "customer":
            continue
        what = fate(entry, stored)
        place = f"{conversation_id}: message {entry['seq']}"
        if what == "none":
            row = stored.outcomes.get(entry["id"])
            became = "no outcome" if row is None else f"no outcome but {row['state']}, {row['outcome']}"
            findings.lost.append(f"{place}, «{entry['text']}», has {became}")
        if marks and entry["payload"] is None and "[" in entry["text"]:
            answers = said_by_bot.count(f"«{entry['text']}»")
            if answers > 1:
                findings.doubled.append(f"{place} is answered {answers} times")
            if what == "answered" and answers == 0:
                findings.lost.append(f"{place} counts as answered, but no answer speaks of it")


def fate(entry: Row, stored: Stored) -> str:
    """What became of a customer's message: answered, rated, person, case, withdrawn; `none` if it was lost."""
    outcome = stored.outcomes.get(entry["id"])
    if outcome is None or outcome["state"] != "done":
        return "none"
    if outcome["outcome"] == "noted":
        # A press on one of the buttons of a rating; nobody else's word is noted without more.
        asked = any(one["epoch"] < entry["epoch"] for one in stored.ratings[entry["conversation_id"]])
        return "rated" if asked else "none"
    messages, tenures = stored.messages[entry["conversation_id"]], stored.tenures[entry["conversation_id"]]
    if outcome["outcome"] == "answered":
        later = (one for one in messages if one["seq"] > entry["seq"])
        if any(one["turn_id"] is not None for one in later if one["author_kind"] == "bot"):
            return "answered"
    for one in tenures:
        if one["epoch"] < entry["epoch"]:
            continue
        if one["holder"] == "agent":
            return "person"
        if one["epoch"] > entry["epoch"] and one["reason"] == "customer_cancelled":
            return "withdrawn"
        if any(opened["epoch"] == one["epoch"] for opened in stored.cases[entry["conversation_id"]]):
            return "case"
    return "none"


def _customer(findings: Findings, record: Record, stored: Stored) -> None:
    name = record.conversation or "a customer without a conversation"
    for fault in record.faults:
        heading = findings.out_of_turn if fault.startswith("event") else findings.lost
        heading.append(f"{name}: {fault}")
    by_client_id: dict[str, list[Row]] = defaultdict(list)
    by_seq: dict[int, Row] = {}
    for entry in stored.messages.get(name, ()):
        by_seq[entry["seq"]] = entry
        if entry["author_kind"] == "customer":
            by_client_id[entry["client_id"]].append(entry)
    for client_id, sent in record.sent.items():
        kept = by_client_id.pop(client_id, [])
        if sent.refused:
            findings.lost.append(f"{name}: a good message was refused ({sent.refused})")
            continue
        if not kept:
            findings.lost.append(f"{name}: «{sent.text}» is not stored, acknowledged: {bool(sent.receipts)}")
        if len(kept) > 1:
            findings.doubled.append(f"{name}: «{sent.text}» is stored {len(kept)} times")
        if len(sent.receipts) > 1:
            findings.doubled.append(f"{name}: «{sent.text}» has {len(sent.receipts)} receipts")
        for entry in kept:
            if any(receipt != (entry["id"], entry["seq"]) for receipt in sent.receipts):
                findings.differs.append(f"{name}: the receipt of {entry['seq']} names another message")
            if sent.payload is None and entry["text"] != sent.text:
                findings.differs.append(f"{name}: the text of {entry['seq']} is not what was sent")
    for entries in by_client_id.values():
        findings.doubled.append(f"{name}: message {entries[0]['seq']} was never sent")
    for seq, event in record.seen.items():
        _same(findings, name, event, by_seq.get(seq))
    missed = set(by_seq) - set(record.seen)
    if missed:
        findings.lost.append(f"{name}: the customer never got {sorted(missed)}")


def _agent(findings: Findings, shift: Shift, stored: Stored) -> None:
    findings.out_of_turn += [f"{shift.login}: {fault}" for fault in shift.faults]
    own = stored.agents[shift.login]
    kept: dict[tuple[str, str], list[Row]] = defaultdict(list)
    places: dict[tuple[str, int], Row] = {}
    for entries in stored.messages.values():
        for entry in entries:
            places[entry["conversation_id"], entry["seq"]] = entry
            if entry["origin"] == own:
                kept[entry["conversation_id"], entry["client_id"]].append(entry)
    for key, reply in shift.replies.items():
        found = kept.pop(key, [])
        if len(found) > 1 or len(reply.receipts) > 1:
            findings.doubled.append(f"{key[0]}: {shift.login}'s reply is stored {len(found)} times")
        if reply.receipts and not found:
            findings.lost.append(f"{key[0]}: {shift.login}'s acknowledged reply is not stored")
        if found and not reply.receipts and not reply.refused:
            findings.lost.append(f"{key[0]}: {shift.login} never learnt that the reply was sent")
    for (conversation_id, _), _entries in kept.items():
        findings.doubled.append(f"{conversation_id}: a reply of {shift.login} was never written")
    for position in shift.skipped:
        conversation_id, seq = stored.stream[position]
        first = next((one["seq"] for one in stored.messages[conversation_id] if one["author_kind"] == "customer"), None)
        if first is not None and seq is not None and seq > first:
            findings.lost.append(f"{shift.login}: change {position} was not shown")
    for place, event in shift.seen.items():
        _same(findings, f"{shift.login} in {place[0]}", event, places.get(place))


def _same(findings: Findings, who: str, event: Mapping[str, Any], entry: Row | None) -> None:
    """An event as it was shown, against the row."""
    if entry is None:
        findings.lost.append(f"{who}: {event['seq']} was seen and is not stored")
        return
    shown = {
        "kind": event["kind"],
        "author": (event["author"]["kind"], event["author"]["name"]),
        "text": event["text"],
        "holder": event["holder"],
        "at": datetime.fromisoformat(event["at"].replace("Z", "+00:00")),
        "buttons": event.get("buttons", []),
        "case": event.get("case"),
        "sources": [source["label"] for source in event.get("sources", [])],
    }
    kept = {
        "kind": entry["kind"],
        "author": (entry["author_kind"], entry["author_name"]),
        "text": entry["text"],
        "holder": entry["holder"],
        "at": entry["at"],
        "buttons": entry["buttons"],
        "case": entry["case_number"],
        "sources": [source["label"] for source in entry["sources"]],
    }
    for name, value in shown.items():
        if value != kept[name]:
            findings.differs.append(f"{who}: {name} of {event['seq']} was shown as {value!r}, stored is {kept[name]!r}")
