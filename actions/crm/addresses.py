"""Reading an address as people type it, and likening it to streets on record.

Guarantee: pure and deterministic. "Lindenstr. 5", "linden strasse 5a Merseburg", "Grosse Ulrichstr" and small typos
find their street; nothing better than a weak likeness finds nothing. No input raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from rapidfuzz import fuzz

MIN_SCORE = 80.0  # below, two names are different streets
NEAR = 6.0  # hits this close to the best are worth asking about
_MAX_TEXT = 200  # longer texts hold no address

_POSTCODE = re.compile(r"(?<!\d)(?:D-)?(\d{5})(?!\d)", re.IGNORECASE)
# A number before a dot and a word is an ordinal ("18. Oktober"), no house.
_NUMBER = re.compile(
    r"(?<!\w)(\d{1,4})(?:\s?([a-z]))?(?:\s?-\s?\d{1,4}(?:\s?[a-z])?)?(?!\w|\.\s*[a-zäöü])", re.IGNORECASE
)
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "á": "a"})
_ABBREVIATED = (
    (re.compile(r"(?<=\w)\s*(?:strasse|str)\b\.?"), "strasse"),
    (re.compile(r"\bstr\b\.?"), "strasse"),
    (re.compile(r"\bpl\b\.?"), "platz"),
    (re.compile(r"\bgr\b\.?"), "grosse"),
    (re.compile(r"\bkl\b\.?"), "kleine"),
    (re.compile(r"\bst\b\.?"), "sankt"),
)
# Words around an address that belong to no street.
_FILLER = frozenset(
    (
        *("ich", "wir", "wohne", "wohnen", "meine", "unsere", "adresse", "anschrift", "lautet", "ist", "es", "in"),
        *(
            "hausnummer",
            "nummer",
            "nr",
            "plz",
            "my",
            "our",
            "address",
            "is",
            "i",
            "we",
            "live",
            "at",
            "number",
            "the",
        ),
    )
)


class Street(msgspec.Struct, frozen=True):
    street: str
    postcode: str
    place: str


class Spoken(msgspec.Struct, frozen=True):
    """What a text says about an address."""

    words: str  # street and perhaps place, in `plain` form
    house_number: str  # "" when none was given
    postcode: str | None


def plain(text: str) -> str:
    """The form that different spellings of a street or place share."""
    folded = text.lower().translate(_FOLD)
    for pattern, replacement in _ABBREVIATED:
        folded = pattern.sub(replacement, folded)
    return " ".join(re.findall(r"[a-z0-9]+", folded))


def number_key(house_number: str) -> str:
    """The form that different spellings of a house number share: "12 A" is "12a"."""
    return "".join(house_number.lower().split())


def read(text: str) -> Spoken:
    """Split a text into street words, house number and postcode."""
    rest = text[:_MAX_TEXT]
    postcode = None
    if found := _POSTCODE.search(rest):
        postcode = found.group(1)
        rest = rest[: found.start()] + " , " + rest[found.end() :]
    house_number = ""
    # The last number is the house: "Straße des 18. Oktober 7".
    for match in _NUMBER.finditer(rest):
        house_number = match.group(1) + (match.group(2) or "").lower()
        span = match.span()
    if house_number:
        rest = rest[: span[0]] + " " + rest[span[1] :]
    words = plain(rest).split()
    kept = [word for word in words if word not in _FILLER]
    return Spoken(words=" ".join(kept), house_number=house_number, postcode=postcode)


def same_place(place: str, given: str) -> bool:
    """Whether a word for a place means it: "Halle" is "Halle (Saale)", "eisleben" is "Lutherstadt Eisleben"."""
    known, said = plain(place), plain(given)
    if not said:
        return False
    return said in known.split() or fuzz.ratio(known, said) >= MIN_SCORE or fuzz.token_set_ratio(known, said) >= 90


def rank(words: str, streets: Iterable[Street]) -> list[tuple[float, Street]]:
    """The streets that the words may mean, best first: the best one and those nearly as good."""
    if not words:
        return []
    scored = sorted(((_likeness(words, street), street) for street in streets), key=_order)
    if not scored or scored[0][0] < MIN_SCORE:
        return []
    return [(score, street) for score, street in scored if score >= max(MIN_SCORE, scored[0][0] - NEAR)]


def _order(scored: tuple[float, Street]) -> tuple[float, str, str, str]:
    score, street = scored
    return (-score, street.street, street.place, street.postcode)


def _likeness(words: str, street: Street) -> float:
    name = " ".join(word for word in plain(street.street).split() if word not in _FILLER)
    said = words.replace(" ", "")
    shapes = [name, *(f"{name} {part}" for part in _place_names(street.place))]
    shapes += [f"{part} {name}" for part in _place_names(street.place)]
    return max(max(fuzz.ratio(words, shape), fuzz.ratio(said, shape.replace(" ", ""))) for shape in shapes)


def _place_names(place: str) -> list[str]:
    """A place in full and by its single names, so that "Halle" or "Eisleben" is enough."""
    full = plain(place)
    parts = [part for part in full.split() if len(part) > 4 and part not in {"saale", "lutherstadt"}]
    return [full, *(part for part in parts if part != full)]
