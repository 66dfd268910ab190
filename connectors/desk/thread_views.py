"""What stands in a thread at the desk, as types: what was said, noted, held back, and reported as wrong."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.conversation.model import File, Message
from bot.store.held import HeldReply
from bot.store.notes import Note
from bot.store.wrong_answers import WrongAnswer
from bot.transparency.gate import let_out
from connectors.desk.views import AgentView, AuthorView
from connectors.frames import event_frame


class ButtonView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A choice that was offered."""

    id: str
    title: str
    opens: str | None = None


class SourceView(msgspec.Struct, kw_only=True):
    """Where an answer comes from, as of when."""

    label: str
    as_of: datetime


class EventView(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="event"):
    """An entry of the thread: agents see what customers see."""

    seq: int
    at: datetime
    kind: str
    author: AuthorView
    text: str
    holder: str
    holder_name: str | None = None
    buttons: list[ButtonView] = []
    sources: list[SourceView] = []
    case: str | None = None
    files: list[File] = []
    client_id: str | None = None


class NoteView(msgspec.Struct, kw_only=True):
    """A private note. `after_seq` is its place in the thread."""

    id: str
    author: AgentView
    kind: str
    text: str
    after_seq: int
    case: str | None
    at: datetime


class HeldView(msgspec.Struct, kw_only=True):
    """A reply held back (`held`) until `due_at`, or not sent because the conversation had changed hands (`refused`)."""

    id: str
    client_id: str
    agent: AgentView
    text: str
    state: str
    due_at: datetime


class ReportView(msgspec.Struct, kw_only=True):
    """An answer of the bot that was reported as wrong: by whom, what it should have been, what was decided."""

    seq: int
    by: AgentView
    at: datetime
    intent: str | None
    note: str
    state: str
    example_intent: str | None
    decided_by: str | None


def event_view(message: Message) -> EventView:
    """A log entry; agents see what customers see."""
    return msgspec.convert(event_frame(let_out(message)), EventView)


def note_view(note: Note) -> NoteView:
    """A private note."""
    return NoteView(
        id=note.id,
        author=AgentView(id=note.agent_id, name=note.agent_name),
        kind=note.kind,
        text=note.text,
        after_seq=note.after_seq,
        case=note.case_number,
        at=note.at,
    )


def held_view(one: HeldReply) -> HeldView:
    """A reply that is held back or was not sent."""
    return HeldView(
        id=one.id,
        client_id=one.client_id,
        agent=AgentView(id=one.agent_id, name=one.agent_name),
        text=one.text,
        state=one.state,
        due_at=one.due_at,
    )


def report_view(one: WrongAnswer) -> ReportView:
    """A report of a wrong answer."""
    return ReportView(
        seq=one.seq,
        by=AgentView(id=one.reported_by, name=one.reported_name),
        at=one.reported_at,
        intent=one.right_intent,
        note=one.note,
        state=one.state,
        example_intent=one.example_intent,
        decided_by=one.decided_by,
    )
