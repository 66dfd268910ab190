"""A busy morning at the desk, for pictures and for looking at every view: customers with requests of many kinds.

Pure data and its playing: each scene is a customer who says some things over the real socket, and what agents then do.
Nothing is written past the services but the times, so that not everything happened a second ago.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from bot.service.brain_protocol import (
    Button,
    Call,
    Entity,
    Handover,
    HandoverReason,
    KnownCustomer,
    Reading,
    Reply,
    Source,
    TurnRequest,
    TurnResponse,
)
from bot.store.desk_tables import note as note_table
from bot.store.tables import conversation, message, tenure
from bot.transparency.format import clock
from tests.integration.edge.conftest import Agent, Edge

PERSON = "Ich möchte bitte mit einem Menschen sprechen"


@dataclass(frozen=True)
class Turn:
    """What the bot makes of a customer's words."""

    words: str
    intent: str
    confidence: float = 0.94
    reply: str = ""
    source: str = ""
    buttons: tuple[str, ...] = ()
    calls: tuple[tuple[str, str, float], ...] = ()
    also: tuple[tuple[str, float], ...] = ()
    entities: tuple[tuple[str, str], ...] = ()
    reason: HandoverReason | None = None
    customer: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Scene:
    """A customer's conversation. `minutes`: how long ago it happened. `then`: what an agent did with it.

    `wrong`: the last answer of the bot was reported as wrong, with the intent that was meant and a note.
    """

    turns: tuple[Turn, ...]
    minutes: int
    then: str = ""
    answers: tuple[str, ...] = ()
    locale: str = "de"
    note: str = ""
    wrong: tuple[str, str] | None = None
    extra: dict[str, str] = field(default_factory=dict)


def _known(number: str, name: str) -> tuple[str, str, str]:
    return number, name, "proven"


SCENES = (
    Scene(
        minutes=9,
        turns=(
            Turn(
                "Mein Internet geht seit gestern Abend nicht mehr",
                "report_fault",
                reply="An Ihrer Adresse in Merseburg ist die Störung S-1042 bekannt: Bei Bauarbeiten wurde ein Kabel "
                "beschädigt. Die Reparatur soll heute bis 18:00 Uhr fertig sein.",
                source="Störung S-1042",
                buttons=("Auf dem Laufenden halten", "Das hilft mir nicht"),
                calls=(("proven_customer", "proven", 12), ("outages_at_address", "1 found", 31)),
                also=(("slow_internet", 0.11),),
                entities=(("time", "gestern Abend"),),
                customer=_known("2048173", "Martina Vogel"),
            ),
            Turn(
                "Ich arbeite von zu Hause und kann nicht bis 18 Uhr warten. Ich möchte mit einem Menschen sprechen.",
                "talk_to_human",
                reason="customer_request",
            ),
        ),
    ),
    Scene(
        minutes=6,
        turns=(
            Turn(
                "Warum ist meine Rechnung diesmal höher?",
                "invoice_explain",
                reply="Ihre Rechnung enthält eine Mahngebühr von 5,00 € aus der überfälligen Rechnung davor.",
                source="Rechnung R-2026-10-209246",
                calls=(("invoices", "2 found", 24),),
                customer=_known("2092467", "Thomas Hübner"),
            ),
            Turn("Das sehe ich nicht ein, ich habe pünktlich überwiesen!", "complaint", 0.71, reason="sensitive"),
        ),
    ),
    Scene(
        minutes=4,
        turns=(
            Turn(
                "Können Sie meinen Zweitanschluss auf meine Tochter umschreiben?",
                "contact_change",
                0.38,
                also=(("move_home", 0.31), ("contract_show", 0.12)),
                reason="not_understood",
            ),
        ),
    ),
    Scene(
        minutes=3,
        locale="en",
        turns=(
            Turn(
                "My router keeps restarting every few minutes",
                "router_help",
                reply="Please unplug the router for 30 seconds. Does it still restart after that?",
                source="Router guide",
                buttons=("Yes, still", "No, it works"),
                customer=_known("2125793", "Emily Carter"),
            ),
            Turn("Yes, three times since. I want to talk to a human", "talk_to_human", reason="customer_request"),
        ),
    ),
    Scene(
        minutes=2,
        turns=(
            Turn(
                "Meine Tochter hat über den Chat etwas bestellt, das muss weg",
                "order_status",
                0.44,
                reason="not_understood",
            ),
        ),
    ),
    Scene(minutes=1, turns=(Turn(PERSON, "talk_to_human", reason="customer_request"),)),
    Scene(
        minutes=38,
        then="hold",
        turns=(
            Turn(
                "Ich habe zwei Verträge und möchte einen davon kündigen",
                "contract_cancel",
                reply="Sie haben zwei Verträge: V-205192 (Kabel 250) und V-205193 (Glasfaser 500). Welcher ist es?",
                source="Verträge",
                calls=(("contracts", "2 found", 19),),
                customer=_known("2051926", "Jens Albrecht"),
            ),
            Turn(
                "Den Kabelanschluss. Aber nur, wenn ich die Nummer behalten kann. Mensch bitte",
                "number_porting",
                0.63,
                also=(("contract_cancel", 0.29),),
                reason="customer_request",
            ),
        ),
        answers=(
            "Guten Tag, Herr Albrecht. Ja, die Nummer können Sie zum Glasfaseranschluss mitnehmen.",
            "Die Kündigung zum 31.12. bereite ich vor. Soll die Nummer noch diese Woche umziehen?",
        ),
        note="Mindestlaufzeit endet am 12.12., Kündigung zum 31.12. ist möglich.",
    ),
    Scene(
        minutes=21,
        then="hold",
        turns=(
            Turn(
                "Die Technikerin war nicht da",
                "appointment_show",
                0.82,
                reply="Ihr Termin TM-210395 ist für morgen zwischen 10 und 12 Uhr vorgesehen.",
                source="Termin TM-210395",
                customer=_known("2103958", "Petra Lorenz"),
            ),
            Turn(
                "Im Brief steht aber heute! Ich will mit jemandem sprechen, Mensch bitte",
                "complaint",
                0.66,
                reason="customer_request",
            ),
        ),
        answers=("Guten Tag, Frau Lorenz, das kläre ich für Sie.",),
    ),
    Scene(
        minutes=55,
        then="colleague",
        turns=(Turn("Ich komme aus dem Kundenkonto nicht raus, Mensch bitte", "help", 0.5, reason="customer_request"),),
        answers=("Guten Tag, ich sehe es mir an.",),
    ),
    Scene(
        minutes=90,
        then="case",
        turns=(
            Turn(
                "Meine letzte Rechnung wurde doppelt abgebucht",
                "payment_problem",
                reply="Ich sehe zwei Abbuchungen über 39,99 € am selben Tag.",
                source="Zahlungen",
                customer=_known("2114620", "Karl-Heinz Böttcher"),
            ),
            Turn("Ich will das Geld zurück, geben Sie mir einen Menschen", "talk_to_human", reason="customer_request"),
        ),
        answers=("Die zweite Abbuchung geht zurück. Ich lege dafür einen Vorgang an.",),
        extra={"title": "Doppelte Abbuchung erstatten"},
    ),
    Scene(
        minutes=150,
        then="close",
        turns=(
            Turn(
                "Wann ist mein Glasfaseranschluss fertig?",
                "fiber_progress",
                reply="Der Ausbau in Ihrem Gebiet verzögert sich bis März.",
                source="Ausbaugebiet Halle Süd",
                customer=_known("2136054", "Minh Anh Nguyen"),
            ),
            Turn("Bitte einen Menschen", "talk_to_human", reason="customer_request"),
        ),
        answers=("Ich habe nachgefragt: Der Termin im März steht. Sie bekommen einen Brief.",),
        wrong=("fiber_availability", "Gefragt war nach dem eigenen Haus, nicht nach dem Gebiet."),
    ),
    Scene(
        minutes=14,
        turns=(
            Turn(
                "Gibt es in 06217 gerade eine Störung?",
                "outage_info",
                reply="Ja: S-1042, Merseburg Mitte, voraussichtlich behoben um 18:00 Uhr.",
                source="Störung S-1042",
                entities=(("postcode", "06217"),),
                calls=(("outages_at_postcode", "1 found", 17),),
            ),
        ),
    ),
)


async def answer(request: TurnRequest) -> TurnResponse:
    """What the stand-in for the brain says in these scenes."""
    turn = next(turn for scene in SCENES for turn in scene.turns if turn.words == request.text)
    source = Source(label=turn.source, as_of=datetime.now(timezone.utc))
    buttons = [Button(title=title, payload="/affirm") for title in turn.buttons]
    return TurnResponse(
        replies=[Reply(text=turn.reply, sources=[source], buttons=buttons)] if turn.reply else [],
        language="en" if request.locale == "en" else "de",
        intent=Reading(name=turn.intent, confidence=turn.confidence),
        ranking=[Reading(name=name, confidence=share) for name, share in turn.also],
        decision="handover" if turn.reason else "answer",
        entities=[Entity(entity=name, value=value) for name, value in turn.entities],
        handover=Handover(reason=turn.reason) if turn.reason else None,
        customer=KnownCustomer(number=turn.customer[0], name=turn.customer[1], level="proven")
        if turn.customer
        else None,
        calls=[Call(system="crm", operation=name, result=result, milliseconds=ms) for name, result, ms in turn.calls],
    )


async def play(edge: Edge) -> list[str]:
    """Play every scene; the conversations' ids, in the order of `SCENES`. Anna works, Ben is her colleague."""
    edge.brain.answer = answer
    played = []
    async with edge.agent("anna") as anna, edge.agent("ben") as ben:
        for scene in SCENES:
            identity = await _said(edge, scene)
            await _done(edge, ben if scene.then == "colleague" else anna, identity, scene)
            await _moved(edge, identity, timedelta(minutes=scene.minutes), scene.locale)
            played.append(identity)
    return played


async def _said(edge: Edge, scene: Scene) -> str:
    async with edge.customer() as customer:
        identity: str = (await customer.hello(locale=scene.locale))["conversation"]
        for turn in scene.turns:
            await customer.say(turn.words)
            if turn.reason is None:
                await customer.event(turn.reply)
            else:
                while (await customer.frame("event"))["holder"] != "queue":
                    pass
        return identity


async def _done(edge: Edge, agent: Agent, identity: str, scene: Scene) -> None:
    if not scene.then:
        return
    path = f"conversations/{identity}"
    _, detail = await agent.get(path)
    await agent.post(f"{path}/claim", {"epoch": detail["summary"]["epoch"]})
    for number, text in enumerate(scene.answers):
        status, _ = await agent.post(f"{path}/messages", {"client_id": f"{identity[-8:]}-{number}", "text": text})
        assert status == 200
    if scene.note:
        await agent.post(f"{path}/notes", {"client_id": f"note-{identity[-8:]}", "text": scene.note})
    if scene.wrong is not None:
        meant, note = scene.wrong
        report = {"seq": detail["answers"][-1], "intent": meant, "note": note}
        status, _ = await agent.post(f"{path}/wrong-answers", report)
        assert status == 200
    if scene.then == "case":
        status, _ = await agent.post(f"{path}/case", {"title": scene.extra["title"], "due_in": 10})
        assert status == 200
    if scene.then == "close":
        await agent.post(f"{path}/close", {"reason": "solved"})
    await asyncio.sleep(0)


async def _moved(edge: Edge, identity: str, ago: timedelta, locale: str) -> None:
    """Everything in this conversation happened so long ago, its messages half a minute apart."""
    async with edge.services.store.write() as unit:
        begin = unit.now - ago
        mine = message.c.conversation_id == identity
        found = await unit.connection.execute(
            sa.select(message.c.id, message.c.seq).where(mine).order_by(message.c.seq)
        )
        rows = found.all()
        pace = min(timedelta(seconds=30), ago / (len(rows) + 1))
        for row in rows:
            at = begin + pace * row.seq
            await unit.connection.execute(message.update().where(message.c.id == row.id).values(at=at))
        eras = await unit.connection.execute(sa.select(tenure).where(tenure.c.conversation_id == identity))
        for era in eras.all():
            opening = sa.select(sa.func.min(message.c.at)).where(mine, message.c.epoch == era.epoch)
            at = (await unit.connection.execute(opening)).scalar_one()
            change = {"started_at": at}
            if era.holder == "queue" and era.deadline_at is not None:
                change["deadline_at"] = at + timedelta(minutes=15)
                # What the customer was told moves with it.
                told = [clock(moment, locale) for moment in (era.deadline_at, change["deadline_at"])]
                await unit.connection.execute(
                    message.update()
                    .where(mine, message.c.epoch == era.epoch)
                    .values(text=sa.func.replace(message.c.text, *told))
                )
            await unit.connection.execute(
                tenure.update()
                .where(tenure.c.conversation_id == identity, tenure.c.epoch == era.epoch)
                .values(**change)
            )
        last = begin + pace * len(rows)
        await unit.connection.execute(
            note_table.update().where(note_table.c.conversation_id == identity).values(at=last)
        )
        values = {"last_at": last, "last_inbound_at": last, "opened_at": begin}
        await unit.connection.execute(conversation.update().where(conversation.c.id == identity).values(**values))
