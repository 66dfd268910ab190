"""Asking for a person and asking for the truth are found in any wording; talk about persons and bots is not."""

from __future__ import annotations

import pytest

from bot.nlu.guards import guard
from bot.nlu.text import clean, fold

PERSON = """
Ich möchte bitte mit einem echten Menschen sprechen.
Kann ich mit jemandem aus Ihrem Team sprechen?
Gib mir bitte einen Mitarbeiter
ich will jetzt endlich mit wem reden
Verbinde mich mit dem Kundenservice
ich hätte gerne einen menschlichen Ansprechpartner
holt mir mal nen Menschen ran
Lassen Sie mich mit Ihrem Chef reden
Kann hier auch ein Mensch antworten?
MITARBEITER!!!
Mitarbeiter sprechen
Ich will nicht mit einem Bot schreiben
Mein Internet ist kaputt und ich will mit einem Menschen reden
kann ich einen menschen haben
Ich moechte mit einem Berater sprechen
I mecht mit am Menschen redn
I need to speak with a representative
could you connect me to a live agent
let me talk to a person please
get me someone real
I would like a human
can I speak to somebody in charge
please transfer me
I don't want to talk to a robot
is there a real person I can talk to
I want to talk to a human to complain about my bill
I want to complain about my bill and talk to a human
Ich will mich über die Rechnung beschweren und einen Menschen sprechen
how do I talk to a human
mitarbieter bitte
Ich will mit einem Menshcen sprechen
I want a represantative
Kann mir das jemand erklären, der kein Bot ist
Stellen Sie mich bitte durch
Mensch gewünscht
Schalten Sie den Bot ab
how do I get past the bot
a person, not a bot
hand me over to a colleague
someone with a pulse please
I only talk to people
would it be possible for a person to step in
Wie oft denn noch? MITARBEITER
HUMAN!!!! NOW
Zum letzten Mal, einen Mitarbeiter
Ja, bitte zu einem Berater
Der Bot war keine Hilfe. Geben Sie mir einen Mitarbeiter.
Guten Tag! Mitarbeiter bitte. Danke!
Egal ob du Bot oder nicht bist, ich will den Kundenservice
I know you're a bot, that's why I'm asking for a person
""".strip().splitlines()
CHALLENGE = """
Bist du ein echter Mensch oder eine KI?
Sind Sie ein Bot?
Spreche ich mit einem Menschen?
Unterhalte ich mich mit einer Maschine
du bist eine KI oder?
ist das ein roboter?
Bin ich mit einem Bot verbunden?
sind sie menschlich
bisch du a mensch
Schreibt mir hier ein Roboter?
Sagen Sie mal, sind Sie überhaupt ein Mensch?
BIST DU EIN BOT
Mit wem schreibe ich hier eigentlich?
are you a real human
are u a bot??
is this a real person
am I speaking to a robot
do I talk to an AI
you're not human are you
is there a human behind this
am I talking to a machine
Am I dealing with a human?
am I talking to a real person
spreche ich mit einem Menschen
Das kann doch kein Mensch sein
Mensch?
a real person?
Bist du ein Robotter?
are you a humann
Habe ich es hier mit einem Automaten zu tun?
Sitzt am anderen Ende jemand?
Wer hat dich programmiert?
Gib zu, du bist eine Maschine
Sind das vorgefertigte Antworten?
who is on the other side of this chat
are these canned answers
prove that you're human
man or machine?
were you programmed
nobody types that fast, you're a bot
You are a human though, aren't you?
Which is it, man or machine?
Ich rede doch hoffentlich mit einer Person?
Mir kommt es so vor, als würde ich mit einem Automaten schreiben
Der Mitarbeiter von gestern war nett. Bist du ein Mensch?
""".strip().splitlines()
NEITHER = """
Der Bot von gestern war nett
Der Mitarbeiter war gestern unfreundlich
Mit wem habe ich einen Vertrag?
Ich habe mit einem Mitarbeiter gesprochen und er hat mir 10 Euro Rabatt versprochen
Ich habe gestern mit Ihrem Kollegen telefoniert
I spoke to an agent yesterday
the agent told me it would be fixed
someone from your company came yesterday
Can someone come and fix my router?
Ich brauche jemanden, der mir den Router anschließt
Ist das ein echtes Problem?
Mein Computer ist mit dem Router verbunden
Sind Sie heute geöffnet?
are you open today
Is this a real outage
Ich schreibe mit meinem Computer
Roboter bauen ist mein Hobby
Ihr Mitarbeiter sollte mich zurückrufen
Mein Saugroboter findet das WLAN nicht
Der Mensch am Telefon war nett
Suchen Sie Mitarbeiter?
Wann kommt der Techniker?
Ich möchte mich über eine Mitarbeiterin beschweren
I want to complain about one of your agents
Welche Sprachen sprechen Sie?
Wir möchten uns zum Tarif beraten lassen
I am a human, not a robot
Ich suche eine Person zum Babysitten
is an employee working on my case
Verlängert sich mein Vertrag automatisch?
Hallo Mitarbeiter! Mein Internet geht nicht.
Ich bin ein Mensch, kein Roboter
Jetzt macht mal hin, Mensch
Der Bot von gestern war nett. Danke dafür.
Ich möchte mich über eine Mitarbeiterin beschweren. Die war frech.
Nein, einen Menschen brauche ich nicht mehr, danke
Ein Mitarbeiter ist nicht nötig
Ich brauche keinen Mitarbeiter
no, I don't need an agent
Der Berater im Chat war freundlich
Wie kann ich die FritzBox mit dem Computer verbinden?
""".strip().splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, "talk_to_human") for text in PERSON]
    + [(text, "bot_challenge") for text in CHALLENGE]
    + [(text, None) for text in NEITHER],
)
def test_guard(text, expected):
    assert guard(fold(clean(text))) == expected


def test_guards_agree_with_the_training_data(examples):
    false_alarms = [
        (text, intent) for text, intent in zip(*examples, strict=True) if guard(fold(clean(text))) not in (None, intent)
    ]
    assert false_alarms == []


def test_every_slip_of_one_letter_means_the_word_and_no_other_word_does():
    for wrong in ("mitarbeter", "mitarbeiterr", "mitarbieter", "mitarbeitet bitte"):
        expected = None if wrong.startswith("mitarbeitet") else "talk_to_human"
        assert guard(f"{wrong} bitte") == expected, wrong


def test_hostile_text_comes_to_an_end():
    """An expression that tries every way through would not, at these lengths."""
    for text in ("mit " * 1500, "ich will " * 600, "bist du ein " * 500, "a" * 6000, "kann ich mit x y " * 350):
        assert guard(text) is None
