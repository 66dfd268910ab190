"""Days on which nobody comes and nobody calls, and wishes around them: "nach Weihnachten", "im neuen Jahr".

Pure but for the turn's words. A holiday is one of the company's federal state.
"""

from __future__ import annotations

from datetime import date, timedelta

from actions.patterns import any_of
from actions.turn import Turn
from bot.service.working_hours import holidays_of
from bot.transparency.format import weekday

_NEW_YEAR = any_of(
    r"\b(neue[nms]?|nächste[nms]?|kommende[nms]?) jahre?s?\b",
    r"\b(nach|ab) (dem )?(neujahr|jahreswechsel|silvester)\b",
    r"\b(in the|the|next|after the|after) new year('?s)?\b|\bnext year\b|\bin the new year\b",
)
_AFTER_CHRISTMAS = any_of(
    r"\b(nach|hinter) (den )?(weihnacht\w*|feiertage\w*|festtage\w*)\b|\bzwischen den jahren\b",
    r"\bafter (christmas|xmas|the holidays?|boxing day)\b|\bbetween the years\b",
)
_MONTH = 7  # characters of "2027-01"


def wished_from(turn: Turn, today: date) -> date | None:
    """The first day that suits, where no single day was named: a month, or what lies behind the holidays."""
    named = turn.entity("date") or ""
    if len(named) == _MONTH:
        try:
            first = date.fromisoformat(f"{named}-01")
        except ValueError:
            return None
        return first if first > today else None
    if turn.from_button:
        return None
    if _NEW_YEAR.search(turn.text):
        return date(today.year + 1, 1, 2)
    if _AFTER_CHRISTMAS.search(turn.text):
        behind = date(today.year, 12, 27)
        return behind if behind > today else today + timedelta(days=1)
    return None


def why_closed(turn: Turn, day: date) -> str | None:
    """The day in words, if it is a public holiday or lies on a weekend: nothing can be free then."""
    state = turn.context.settings.federal_state
    name = dict(holidays_of(state, day.year, turn.language)).get(day)
    if name is None and day.weekday() < 5:
        return None
    shown = weekday(day, turn.language)
    if name is None:
        return turn.wording("day_of_weekend", day=shown)
    return turn.wording("day_of_holiday", day=shown, holiday=name)
