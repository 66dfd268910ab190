"""Wordings put together from parts, written without looking at the guards' patterns.

Each kind combines openings with ends; `composed` takes an even spread of the combinations, the same every time.
"""

from __future__ import annotations

from itertools import product

PERSON_DE = (
    (
        *("Ich möchte bitte", "Ich würde gerne", "Kann ich bitte", "Ich will jetzt", "Darf ich", "Könnte ich mal"),
        *("Ach komm, ich will", "Entschuldigung, ich möchte", "Es reicht, ich will"),
    ),
    (
        *("mit einem Menschen sprechen", "mit einer echten Person reden", "mit einem Mitarbeiter chatten"),
        *("mit jemandem vom Kundendienst sprechen", "einen Berater sprechen", "mit einem Ihrer Kollegen sprechen"),
        *(
            "mit einer Mitarbeiterin telefonieren",
            "jemanden persönlich sprechen",
            "mit einem richtigen Menschen schreiben",
        ),
        *("zu einem Menschen durchgestellt werden", "an einen Mitarbeiter weitergeleitet werden"),
    ),
    ("", ".", " und nicht mit einem Computer", ", danke", "!!", " wegen meiner Rechnung"),
)
PERSON_EN = (
    (
        *("I want to", "I would like to", "Can I please", "May I", "Please let me", "I need to", "Could I"),
        *("Sorry, I'd like to", "Enough, I want to"),
    ),
    (
        *("speak to a human", "talk to a real person", "chat with an agent", "speak with someone from support"),
        *("talk to one of your colleagues", "speak to an advisor", "be transferred to a person", "talk with staff"),
        *("be put through to an agent", "speak to a member of staff", "talk to somebody in person"),
    ),
    ("", ".", " and not to a computer", ", thanks", "!!", " about my bill"),
)
CHALLENGE_DE = (
    ("", "Sag mal, ", "Moment, ", "Hallo, ", "Ehrlich: ", "Mal eine Frage: ", "Entschuldigung, ", "Ach ja, "),
    (
        *("bist du ein Mensch", "bist du ein Roboter", "sind Sie eine echte Person", "sind Sie eine Maschine"),
        *("rede ich mit einem Menschen", "schreibe ich hier mit einem Computer", "bist du eine KI", "sind Sie ein Bot"),
        *("antwortet mir hier ein Mensch", "ist das hier ein Chatbot", "bist du künstlich", "sitzt da ein Mensch"),
        *("bist du lebendig", "chatte ich mit einer KI", "sind Sie überhaupt ein Mensch", "ist da ein echter Mensch"),
    ),
    ("?", "", " oder nicht?", "??", ", ja oder nein?"),
)
CHALLENGE_EN = (
    ("", "Tell me, ", "Wait, ", "Hello, ", "Honestly, ", "Quick question: ", "Sorry, ", "By the way, "),
    (
        *("are you a human", "are you a robot", "are you a real person", "are you a machine", "are you an AI"),
        *("am I talking to a human", "am I chatting with a computer", "are you a bot", "is a human answering me"),
        *("is this a chatbot", "are you alive", "is this a real person", "am I speaking to a machine"),
        *("are you just a program", "do I talk to a bot here", "are you actually human"),
    ),
    ("?", "", " or not?", "??", ", yes or no?"),
)
STATEMENTS = (
    (
        *("Der Bot von gestern", "Euer Chatbot", "Ein Roboter im Werk", "Der Mitarbeiter an der Hotline"),
        *("Ein Mensch aus Ihrem Team", "Die KI in meinem Auto", "The bot yesterday", "Your chatbot", "A robot at work"),
        *("The agent on the phone", "A person from your team", "The AI in my car"),
    ),
    (
        *("war sehr nett", "hat mir geholfen", "ist gut gemacht", "fand ich interessant", "hat gut funktioniert"),
        *("was very kind", "helped me", "is well made", "worked fine", "was interesting"),
    ),
    ("", ".", "!"),
)


def composed(parts: tuple[tuple[str, ...], ...], count: int) -> list[str]:
    """Returns `count` of the combinations, evenly spread."""
    every = [_join(pieces) for pieces in product(*parts)]
    step = len(every) / count
    return [every[int(number * step)] for number in range(count)]


def statements() -> list[str]:
    """Returns statements about bots and people, each within one language."""
    german, english = (STATEMENTS[0][:6], STATEMENTS[1][:5]), (STATEMENTS[0][6:], STATEMENTS[1][5:])
    return [_join(pieces) for one in (german, english) for pieces in product(*one, STATEMENTS[2])]


def _join(pieces: tuple[str, ...]) -> str:
    first, *rest = [piece for piece in pieces if piece]
    text = first
    for piece in rest:
        text += piece if piece[0] in ".,!?: " or text.endswith(" ") else f" {piece}"
    return text
