"""What a message says about an appointment: move it, cancel it, or that nobody came. Pure."""

from __future__ import annotations

from typing import Literal

from actions.patterns import any_of

_CANCEL = any_of(
    r"\b(absag\w*|stornier\w*|ab(ge)?sagen|abbestell\w*|brauche?n? (den|keinen) termin nicht|cancel\w*|call off)\b",
    r"\bsage?\b.{0,30}\bab\b",
)
_MOVE = any_of(
    r"\b(verschieb\w*|verleg\w*|umbuch\w*|vorziehen|früher\w*|später\w*)\b",
    r"\b(ander(er|en|es|em)? (termin|tag|uhrzeit|zeit)|neue[rn]? termin)\b",
    r"\b(verpasst|versäumt|missed)\b",
    r"\b(moved?|resched\w*|postpone|earlier|later)\b",
    r"\b(another|different|new) (day|time|date|appointment)\b",
)
# "Nachmittags wäre mir lieber", "da kann ich nicht": another time is wanted, where nothing says that none is.
_RATHER = any_of(
    r"\b(lieber|besser|stattdessen|rather|instead)\b",
    r"\b(passt|geht|klappt|schaffe|kann)\b.{0,25}\bnicht\b",
    r"\b(can'?t|cannot|doesn'?t|does not)\b.{0,15}\b(make|do|come|work|suit|fit|be)\b",
)
_MISSED = any_of(
    r"\b(techniker\w*|monteur\w*|termin|er|sie)\b.{0,40}\b(nicht|nie)\b.{0,20}\b(gekommen|erschienen|aufgetaucht|da|kam)\b",
    r"\b(niemand|keiner)\b.{0,20}\b(gekommen|erschienen|da|aufgetaucht|kam)\b",
    r"\bkam (niemand|keiner|nicht|nie|kein)\b",
    r"\bversetzt\b",
    r"\btermin\w* (ist )?ausgefallen\b",
    r"\b(didn'?t|did not|never|hasn'?t|has not)\b.{0,15}\b(come|came|show\w*|turn\w*|arrived?|appear\w*)\b",
    r"\b(nobody|no ?one)\b.{0,15}\b(came|come|showed|turned|arrived|was here)\b",
    r"\b(technician|engineer|they|you)\b.{0,20}\bmissed\b",
    r"\bno.?show\b",
)


def wish_in(text: str) -> Literal["move", "cancel"] | None:
    """Whether the customer wants to move or to cancel; None if the words do not say."""
    if _MOVE.search(text):
        return "move"
    if _CANCEL.search(text):
        return "cancel"
    return "move" if _RATHER.search(text) else None


def says_missed(text: str) -> bool:
    """Whether the message says that an appointment did not take place."""
    return bool(_MISSED.search(text))
