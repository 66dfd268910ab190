"""The first words of every tenure: what the customer is told when the holder changes, and the bot's disclosure.

Every function returns what the store demands of that tenure, so that no change of holder is silent and no tenure of the
bot begins undisclosed. Nothing here reads a setting that could switch a disclosure off: there is none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.conversation.handover import Reason
from bot.conversation.model import Author, AuthorKind, Button, Draft, EventKind, new_id
from bot.store.cases import Case
from bot.store.promises import WaitFigure
from bot.transparency.format import clock, day, weekday
from bot.transparency.wording import Language, Wording

# Commands that the edge itself carries out, behind buttons that it issued. They work without the brain.
HANDOVER_COMMAND = "edge:handover"
CANCEL_COMMAND = "edge:cancel_queue"
CASE_COMMAND = "edge:make_case"
RECORD_COMMAND = "edge:record"
ERASE_COMMAND = "edge:erase"

# What a customer is offered in the first message, as payloads for the brain.
_FIRST_TOPICS = ("report_fault", "invoice_show", "contract_show", "fiber_availability")
# The words with which the bot says what it is.
_DISCLOSURES = ("disclosure", "disclosure_again", "disclosure_followed")
# What the bot calls a topic to customers, and topics that are no work to go on with.
_TITLE = "intent_title_"
_NOTHING_TO_OFFER = {
    *("help", "bot_challenge", "why_answer", "data_privacy", "data_export", "data_erase"),
    *("complaint", "insult", "threat", "switch_channel"),
}


def bot_author(words: Wording, language: Language) -> Author:
    """The bot: it has no human name."""
    return Author(kind=AuthorKind.BOT, name=words.say("author_bot", language))


def system_author(words: Wording, language: Language) -> Author:
    """The system, which says what happened."""
    return Author(kind=AuthorKind.SYSTEM, name=words.say("author_system", language))


def human_button(words: Wording, language: Language) -> Button:
    """The way to a person that works at any time."""
    return Button(id=new_id(), title=words.say("button_human", language), payload=HANDOVER_COMMAND)


def file_unseen(words: Wording, language: Language, message_id: str, kind: str, key: str) -> Draft:
    """The bot's own word on a file about which nothing is said: it cannot look at it, but put it on a ticket."""
    entities = {"ticket_wish": "note", "file_message": message_id, "file_kind": kind}
    attach = Button(
        id=new_id(), title=words.say("button_attach", language), payload=f"/ticket_status{json.dumps(entities)}"
    )
    return Draft(
        kind=EventKind.MESSAGE,
        author=bot_author(words, language),
        text=words.say(key, language),
        buttons=(attach, human_button(words, language)),
    )


def leave_button(words: Wording, language: Language) -> Button:
    """Opens the choice of how to be answered elsewhere; a client that has none makes a case of the request."""
    return Button(id=new_id(), title=words.say("button_leave", language), payload=CASE_COMMAND, opens="leave")


def _notice(words: Wording, language: Language, text: str, **more: object) -> Draft:
    return Draft(kind=EventKind.NOTICE, author=system_author(words, language), text=text, **more)  # type: ignore[arg-type]


def disclosure(
    words: Wording,
    language: Language,
    *,
    again: bool = False,
    stored: str | None = None,
    more: tuple[Button, ...] = (),
) -> Draft:
    """The bot says that it is a bot, what it can do, that a person is in reach and, where no page around the
    conversation does, what is stored. `more` are further choices."""
    topics = tuple(
        Button(id=new_id(), title=words.say(f"topic_{topic}", language), payload=f"/{topic}")
        for topic in (() if again else _FIRST_TOPICS)
    )
    return Draft(
        kind=EventKind.MESSAGE,
        author=bot_author(words, language),
        text="\n\n".join(filter(None, (words.say("disclosure_again" if again else "disclosure", language), stored))),
        buttons=(*topics, *more, human_button(words, language)),
        discloses=True,
    )


def disclosure_in(words: Wording, language: Language) -> Draft:
    """The bot follows the customer into another language: in it, too, it first says what it is."""
    return Draft(
        kind=EventKind.MESSAGE,
        author=bot_author(words, language),
        text=words.say("disclosure_followed", language),
        buttons=(human_button(words, language),),
        discloses=True,
    )


def discloses_in(words: Wording, language: Language, text: str) -> bool:
    """Whether these words say in this language that the bot is one."""
    return any(words.say(key, language) in text for key in _DISCLOSURES)


def started(words: Wording, language: Language, *, stored: str | None = None) -> tuple[Draft, ...]:
    """A conversation, or a session after a long silence, begins."""
    return (disclosure(words, language, stored=stored),)


def queued(
    words: Wording,
    language: Language,
    reason: Reason,
    deadline: datetime,
    figure: WaitFigure | None,
    *,
    agent_name: str | None = None,
    may_leave: bool = False,
) -> tuple[Draft, ...]:
    """A person is asked for: why, how long it usually takes if that was measured, and what if nobody comes.

    `may_leave`: the customer may say how else to be answered, where the conversation cannot follow them.
    """
    if figure is None:
        wait = words.say("queued_wait_unknown", language)
    else:
        wait = words.say(
            "queued_wait_measured",
            language,
            minutes=words.say("minutes_one" if figure.seconds == 60 else "minutes", language, n=figure.seconds // 60),
            day=day(figure.measured_at, language),
        )
    text = " ".join(
        (
            words.say(f"queued_{reason.value}", language, agent=agent_name or ""),
            wait,
            words.say("queued_deadline", language, deadline=clock(deadline, language)),
        )
    )
    cancel = Button(id=new_id(), title=words.say("button_cancel_queue", language), payload=CANCEL_COMMAND)
    case = Button(id=new_id(), title=words.say("button_case", language), payload=CASE_COMMAND)
    leave = (leave_button(words, language),) if may_leave else ()
    return (_notice(words, language, text, buttons=(cancel, case, *leave)),)


def claimed(words: Wording, language: Language, agent_name: str) -> tuple[Draft, ...]:
    """A person is there."""
    return (_notice(words, language, words.say("claimed", language, agent=agent_name)),)


def assigned(words: Wording, language: Language, agent_name: str) -> tuple[Draft, ...]:
    """The team's rule chose a person, who has not looked yet: nothing more is said."""
    return (_notice(words, language, words.say("assigned", language, agent=agent_name)),)


def passed_on(words: Wording, language: Language, from_name: str, to_name: str) -> tuple[Draft, ...]:
    """One person passed the conversation on to another."""
    return (_notice(words, language, words.say("passed_on", language, agent=from_name, colleague=to_name)),)


def resumed(words: Wording, language: Language, agent_name: str) -> tuple[Draft, ...]:
    """A person opens a closed conversation again."""
    return (_notice(words, language, words.say("resumed", language, agent=agent_name)),)


def topics_to_go_on_with(words: Wording) -> list[str]:
    """What the bot can be told to offer when it gets a conversation back, as intents."""
    titled = (key.removeprefix(_TITLE) for key in words.entries() if key.startswith(_TITLE))
    return sorted(name for name in titled if name not in _NOTHING_TO_OFFER)


def handed_back(words: Wording, language: Language, agent_name: str, *, topic: str | None = None) -> tuple[Draft, ...]:
    """The person has left, the bot is back, says what it is, and offers to go on with the topic."""
    go_on = []
    if topic is not None:
        go_on = [Button(id=new_id(), title=words.say(_TITLE + topic, language), payload=f"/{topic}")]
    return (
        _notice(words, language, words.say("handed_back", language, agent=agent_name)),
        disclosure(words, language, again=True, more=tuple(go_on)),
    )


def cancelled(words: Wording, language: Language) -> tuple[Draft, ...]:
    """The customer no longer wants to wait."""
    return (_notice(words, language, words.say("queue_cancelled", language)), disclosure(words, language, again=True))


def case_opened(
    words: Wording, language: Language, case: Case, team: str, *, may_leave: bool = False
) -> tuple[Draft, ...]:
    """Nobody came in time: the request is a case now."""
    text = words.say("case_opened", language, **case_values(language, case, team))
    return _case_and_bot(words, language, text, case, may_leave=may_leave)


def _case_and_bot(words: Wording, language: Language, text: str, case: Case, *, may_leave: bool) -> tuple[Draft, ...]:
    leave = (leave_button(words, language),) if may_leave else ()
    return (_notice(words, language, text, case=case.number), disclosure(words, language, again=True, more=leave))


def case_out_of_hours(
    words: Wording,
    language: Language,
    case: Case,
    team: str,
    reason: Reason,
    opens_at: datetime,
    *,
    may_leave: bool = False,
) -> tuple[Draft, ...]:
    """Nobody is there at this hour: the request is a case at once."""
    text = words.say(
        "case_out_of_hours",
        language,
        why=words.say(f"why_{reason.value}", language),
        opens=_at(opens_at, language),
        **case_values(language, case, team),
    )
    return _case_and_bot(words, language, text, case, may_leave=may_leave)


def case_of_form(words: Wording, language: Language, case: Case, team: str) -> tuple[Draft, ...]:
    """Written on the page without scripts: a case at once."""
    text = words.say("case_of_form", language, **case_values(language, case, team))
    return (_notice(words, language, text, case=case.number), disclosure(words, language, again=True))


def case_values(language: Language, case: Case, team: str) -> dict[str, str]:
    """What every word about a case says: its number, its team and until when."""
    return {"number": case.number, "team": team, "due": _at(case.due_at, language)}


def case_told(words: Wording, language: Language, key: str, case: Case, team: str, *, opens: bool = False) -> Draft:
    """The system's word on a case that a person made, moved or solved. `opens`: it is the first about this case."""
    return Draft(
        kind=EventKind.MESSAGE,
        author=system_author(words, language),
        text=words.say(key, language, **case_values(language, case, team)),
        case=case.number if opens else None,
    )


def case_chosen(
    words: Wording, language: Language, case: Case, team: str, *, elsewhere: bool = False
) -> tuple[Draft, ...]:
    """The customer would rather have a case than wait or try again. `elsewhere`: they said where to answer."""
    key = "case_chosen_elsewhere" if elsewhere else "case_chosen"
    text = words.say(key, language, **case_values(language, case, team))
    return (_notice(words, language, text, case=case.number), disclosure(words, language, again=True))


def case_there(words: Wording, language: Language, case: Case, team: str) -> Draft:
    """The bot's word to whoever asks for the same case again."""
    return Draft(
        kind=EventKind.MESSAGE,
        author=bot_author(words, language),
        text=words.say("case_there", language, **case_values(language, case, team)),
    )


def _at(moment: datetime, language: Language) -> str:
    return f"{weekday(moment, language)}, {clock(moment, language)}"


def erased(words: Wording, language: Language, asked_by: str, tickets: Sequence[str] = ()) -> tuple[Draft, ...]:
    """What was said is gone; at whose wish, and under which `tickets` the ticket system has a transcript still."""
    text = words.say(f"erased_{asked_by}", language)
    if tickets:
        # What is over its period here is not demanded of the company's own records.
        key = "erased_tickets_kept" if asked_by == "retention" else "erased_tickets"
        text = f"{text} {words.say(key, language, tickets=', '.join(tickets))}"
    return (_notice(words, language, text),)


def written_in_app(words: Wording, language: Language, *, stored: str | None = None) -> tuple[Draft, ...]:
    """A person of the company has written in the channel's own app, where no author stands before it: this says so."""
    text = words.say("wrote_in_app", language)
    return (_notice(words, language, " ".join(filter(None, (text, stored)))),)


def app_quiet(words: Wording, language: Language, *, stored: str | None = None) -> tuple[Draft, ...]:
    """Nobody writes in the app any more and nobody waits: the bot is back and says what it is."""
    return (
        _notice(words, language, words.say("app_quiet", language)),
        disclosure(words, language, again=True, stored=stored),
    )


def joined(words: Wording, language: Language) -> tuple[Draft, ...]:
    """The conversation goes on in another one of the same person."""
    return (_notice(words, language, words.say("joined", language)),)


def closed(words: Wording, language: Language, agent_name: str) -> tuple[Draft, ...]:
    """The person has ended the conversation."""
    return (_notice(words, language, words.say("closed", language, agent=agent_name)),)
