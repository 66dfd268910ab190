"""Days and times of day in German and English sentences.

Guarantee: pure and deterministic for a given `today`, any text. A day is "2026-11-23", a month "2026-11"; a time of
day is "10:00-12:00", open ends stay empty ("14:00-", "-12:00"), a point in time is "15:00". A day without a year is
the one nearest to today; a weekday is the next one, but the last one after "seit" or "since" and in a sentence about
the past ("am Montag war der Techniker da"). Impossible days (31.02.) give nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bot.nlu.found import Found

_FLAGS = re.IGNORECASE
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jänner jaenner january jan",
            "februar february feb",
            "märz maerz march mär mar",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}
_DAYS = {
    name: number
    for number, names in enumerate(
        (
            "montag monday",
            "dienstag tuesday",
            "mittwoch wednesday",
            "donnerstag thursday",
            "freitag friday",
            "samstag sonnabend saturday",
            "sonntag sunday",
        )
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(_DAYS)
_RELATIVE = {
    "vorgestern": -2, "gestern": -1, "heute": 0, "heut": 0, "heit": 0, "morgen": 1, "übermorgen": 2, "uebermorgen": 2,
    "day before yesterday": -2, "yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "last night": -1,
    "day after tomorrow": 2,
}  # fmt: skip
_ISO = re.compile(r"(?<![\w-])(20\d{2})-(\d{2})-(\d{2})(?![\w-])")
_NUMERIC = re.compile(
    r"(?<![\d.,])(\d{1,2})[./]\s?(\d{1,2})(?:\.|(?=/))\s?/?(20\d{2}|\d{2})?(?![\d.]*\d)(?!\s*(?:uhr|mbit|euro|€))",
    _FLAGS,
)
_NUMERIC_SHORT = re.compile(
    r"\b(?:am|vom|zum|den|ab|bis|on|from)\s+(?:dem\s+)?((\d{1,2})\.(\d{1,2}))(?![\d.]|\s*(?:uhr|€|euro))", _FLAGS
)
_DAY_MONTH = re.compile(
    rf"(?<!\w)(\d{{1,2}})(?:\.|st|nd|rd|th)?\s*(?:of\s+)?({_MONTH})\b\.?(?:\s+(20\d{{2}}))?", _FLAGS
)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?![.:]\d)(?:,?\s+(20\d{{2}}))?", _FLAGS)
_MONTH_ALONE = re.compile(rf"\b({_MONTH})(?:rechnung|abrechnung)?\b(?:\s+(20\d{{2}}))?", _FLAGS)
_RELATIVE_DAY = re.compile(r"\b(" + "|".join(sorted(_RELATIVE, key=len, reverse=True)) + r")(?:s?rechnung)?\b", _FLAGS)
_WEEKDAY = re.compile(
    rf"\b(?:(seit|since|letzten|letzte|letzter|vergangenen|last|vom)\s+(?:dem\s+|last\s+|letztem\s+)?)?"
    rf"((?:nächsten|naechsten|next)\s+)?({_DAY})(?=s?\b|vormittag|nachmittag|abend|morgen|mittag|früh)",
    _FLAGS,
)
# Verbs of what has been; a word of _AHEAD in the sentence outweighs them.
_PAST = re.compile(
    r"\b(?:war|waren|wurde|wurden|hatten?|kam|kamen|ging|gingen|fiel|rief|schrieb|was|were|had|came|went|did(?:n'?t)?|called|"
    r"[a-z]{3,}ped|reported|failed|worked|waited|ordered)\b"
    r"|\b(?:habe?|haben|hat|ist|sind|have|has)\b.*\b(?:\w{0,5}ge\w{2,}(?:t|en)|(?:be|er|ver)\w{3,}(?:t|en)|been|\w{3,}ed)\b",
    _FLAGS,
)
_AHEAD = re.compile(
    r"\b(?:kommt|kommen|wird|werden|kann|können|könnte|möchten?|muss|soll|will|would|coming|next|nächste\w*|verschieben|move)\b",
    _FLAGS,
)
_LAST_MONTH = re.compile(
    r"\b(?:(letzt|vorig|vergangen)e[nrsm]? monats?|(last|previous) month|(dies)e[nrsm]? monats?|(this) month)\b",
    _FLAGS,
)
_IN_DAYS = re.compile(
    r"\b(?:in|vor) (\d{1,2}|einer|zwei|drei|two|three|a) (tagen|wochen?|days|weeks?)( ago)?\b", _FLAGS
)
# Longer month names are no everyday words; the others count only next to something that says they are a month.
_UNMISTAKABLE = frozenset(name for name in _MONTHS if len(name) > 4 and name != "march")

_NUMBER_WORDS = {
    name: number
    for number, names in enumerate(
        (
            ("eins", "one"),
            ("zwei", "two"),
            ("drei", "three"),
            ("vier", "four"),
            ("fünf", "five"),
            ("sechs", "six"),
            ("sieben", "seven"),
            ("acht", "eight"),
            ("neun", "nine"),
            ("zehn", "ten"),
            ("elf", "eleven"),
            ("zwölf", "twelve", "mittag", "noon"),
        ),
        start=1,
    )
    for name in names
}
_HOUR = r"(\d{1,2}(?:[:.]\d{2})?|" + "|".join(_NUMBER_WORDS) + r")"
_CLOCK = r"\s*(uhr|o'?clock|h|am|pm|a\.m\.|p\.m\.)?"
# What makes two numbers something else than a time.
_NO_TIME = r"(?![\w:]|[.,]?\d|\s*(?:[mg]bit|mb|euro|€|prozent|tag|woche|monat|day|week|month))"
_RANGE = re.compile(
    rf"\b(?:(?:zwischen|von|between|from)\s+{_HOUR}{_CLOCK}\s*(?:und|bis|and|to|until|till|-)\s*{_HOUR}{_CLOCK}"
    rf"|{_HOUR}{_CLOCK}\s*(?:bis|to|until|-)\s*{_HOUR}\s*(uhr|o'?clock|am|pm)){_NO_TIME}",
    _FLAGS,
)
_OPEN = re.compile(
    rf"\b(ab|nach|after|from|bis|vor|before|until|by|um|gegen|at|around)\s+{_HOUR}\s*(uhr|o'?clock|am|pm|a\.m\.|p\.m\.)(?!\w)",
    _FLAGS,
)
_POINT = re.compile(r"(?<![\w:.,])(\d{1,2}):(\d{2})(?:\s*uhr)?(?![\w:])|(?<![\w:.,])(\d{1,2})\s*uhr\b", _FLAGS)
_PARTS = (
    ("08:00-12:00", re.compile(r"vormittags?\b|\bin the morning\b|\bmornings?\b(?<!good morning)", _FLAGS)),
    (
        "12:00-17:00",
        re.compile(r"nachmittags?\b|\b(?:in the |this |tomorrow )?afternoons?\b(?<!good afternoon)", _FLAGS),
    ),
    ("11:00-14:00", re.compile(r"\bmittags\b|\bheute mittag\b|(?<=tag)mittag\b|\b(?:at )?lunchtime\b", _FLAGS)),
    ("17:00-20:00", re.compile(r"(?<!guten )(?<!schönen )abends?\b|\b(?<!good )evenings?\b|\btonight\b", _FLAGS)),
    (
        "06:00-10:00",
        re.compile(r"(?<=morgen )früh\b|(?<=heute )früh\b|\bmorgens\b|\bfrühmorgens\b|\bearly morning\b", _FLAGS),
    ),
)


def find_dates(text: str, today: date) -> Iterator[Found]:
    """Yields days and months. `text` comes from `found.readable`."""
    for match in _ISO.finditer(text):
        yield from _day(match, 0, int(match[1]), int(match[2]), int(match[3]), today)
    for match in _NUMERIC.finditer(text):
        year = int(match[3]) if match[3] else None
        yield from _day(match, 0, year + 2000 if year and year < 100 else year, int(match[2]), int(match[1]), today)
    for match in _NUMERIC_SHORT.finditer(text):
        yield from _day(match, 1, None, int(match[3]), int(match[2]), today)
    for match in _DAY_MONTH.finditer(text):
        yield from _day(match, 0, int(match[3]) if match[3] else None, _MONTHS[match[2].lower()], int(match[1]), today)
    for match in _MONTH_DAY.finditer(text):
        yield from _day(match, 0, int(match[3]) if match[3] else None, _MONTHS[match[1].lower()], int(match[2]), today)
    yield from _relative_days(text, today)
    for match in _MONTH_ALONE.finditer(text):
        if match[1].lower() in _UNMISTAKABLE or _is_month(text, match):
            month = _MONTHS[match[1].lower()]
            year = int(match[2]) if match[2] else today.year - (month > today.month)
            yield Found("date", f"{year}-{month:02d}", *match.span())


def find_times(text: str) -> Iterator[Found]:
    """Yields times of day. `text` comes from `found.readable`."""
    for match in _RANGE.finditer(text):
        first, first_clock, last, last_clock = match.groups()[:4] if match[1] else match.groups()[4:]
        start, end = _clock(first, first_clock or last_clock), _clock(last, last_clock)
        if start and end:
            if start > end and not first_clock:  # "11 to 1 pm": the first hour is before noon
                start = _clock(first, None) or start
            yield Found("time_span", f"{start}-{end}", *match.span())
    for match in _OPEN.finditer(text):
        clock = _clock(match[2], match[3])
        if clock:
            word = match[1].lower()
            later, before = word in ("ab", "nach", "after", "from"), word in ("bis", "vor", "before", "until", "by")
            yield Found("time_span", f"{clock}-" if later else f"-{clock}" if before else clock, *match.span())
    for match in _POINT.finditer(text):
        clock = _clock(f"{match[1]}:{match[2]}" if match[1] else match[3], "uhr")
        if clock:
            yield Found("time_span", clock, *match.span())
    for value, pattern in _PARTS:
        for match in pattern.finditer(text):
            yield Found("time_span", value, *match.span())


def _day(match: re.Match[str], group: int, year: int | None, month: int, day: int, today: date) -> Iterator[Found]:
    try:
        if year:
            found = date(year, month, day)
        else:
            near = [date(today.year + step, month, day) for step in (-1, 0, 1)]
            found = min(near, key=lambda candidate: abs(candidate - today))
    except ValueError:
        return
    yield Found("date", found.isoformat(), *match.span(group))


def _relative_days(text: str, today: date) -> Iterator[Found]:
    for match in _RELATIVE_DAY.finditer(text):
        word = match[1].lower()
        before = text[: match.start()].lower().rstrip()
        # "guten Morgen", "am Morgen", "heute Morgen" are times of day, no tomorrow.
        if word == "morgen" and re.search(r"(?:guten|schönen|am|heute|gestern|jeden|diesen|der|den|tag|woch)$", before):
            continue
        yield Found("date", (today + timedelta(days=_RELATIVE[word])).isoformat(), *match.span(1))
    told = bool(_PAST.search(text)) and not _AHEAD.search(text)
    for match in _WEEKDAY.finditer(text):
        past, coming, name = match.groups()
        past = past or (told and not coming)
        ahead = (_DAYS[name.lower()] - today.weekday()) % 7 or 7
        day = today + timedelta(days=ahead - 7 if past and ahead != 7 else ahead if not past else -7)
        yield Found("date", day.isoformat(), *match.span(3))
    for match in _LAST_MONTH.finditer(text):
        first = today.replace(day=1)
        month = first if match[3] or match[4] else first - timedelta(days=1)
        yield Found("date", f"{month:%Y-%m}", *match.span())
    for match in _IN_DAYS.finditer(text):
        count = {"einer": 1, "a": 1, "zwei": 2, "two": 2, "drei": 3, "three": 3}.get(match[1].lower()) or int(match[1])
        days = count * (7 if match[2].lower().startswith("w") else 1)
        backwards = match[3] or match.group().lower().startswith("vor")
        yield Found("date", (today + timedelta(days=-days if backwards else days)).isoformat(), *match.span())


def _is_month(text: str, match: re.Match[str]) -> bool:
    named = re.search(r"\b(?:im|vom|von|in|of|for|from|since|seit|ab|bis|der|für) $", text[: match.start()].lower())
    return bool(match[2] or (named and match[1][:1].isupper()))


def _clock(hour: str, unit: str | None) -> str | None:
    number = _NUMBER_WORDS.get(hour.lower())
    hours, minutes = (number, 0) if number else (int(part) for part in [*re.split("[:.]", hour), "0"][:2])
    if unit and unit.lower().startswith("p") and hours < 12:
        hours += 12
    return f"{hours:02d}:{minutes:02d}" if hours < 25 and minutes < 60 else None
