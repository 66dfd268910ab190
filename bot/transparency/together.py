"""What reads badly over two lines, and pages in which it stays on one.

One pattern for every page: the widget and the desk get it from here (`connectors/widget/bundle.py`,
`connectors/desk/channel.py`), so it uses only what Python and JavaScript read alike. What it finds is short enough for
the narrowest line, for it is never broken.
"""

from __future__ import annotations

import re

_UNITS = r"€|%|[KMG]bit/s|[KMG]B|ms|Uhr|[ap]m|Euro|(?:day|hour|minute|week|month|year)s?"
# "1. Dezember", "24 Stunden": in German every noun begins with a capital.
_NOUN = r"\.? [A-ZÄÖÜ][a-zäöüß]{2,9}"
_NUMBERS = (
    # Contracts, invoices and tickets.
    r"[A-Z]{1,3}-\d[\d-]{0,12}\d",
    r"\d{1,2} (?:von|of) \d{1,2}",
    rf"\d[\d.,:]{{0,8}} (?:{_UNITS})",
    rf"\d{{1,3}}{_NOUN}",
    r"§ \d{1,4}[a-z]?",
    # Telephone numbers.
    r"(?:\+\d{1,3} \d{2,5}|0\d{2,5})[ /]\d{3,8}",
)
# "E-Mail-Adresse" may be broken behind its second hyphen, not behind its first.
PATTERN = rf"(?<![\w-])(?:E-Mails?-?|(?:{'|'.join(_NUMBERS)})(?![\w-]))"

_UNTOUCHED = r"<(title|style|textarea|script)\b.*?</\1>|<[^>]*>"
_IN_A_PAGE = re.compile(rf"{_UNTOUCHED}|(?P<found>{PATTERN})", re.DOTALL)


def kept_together(markup: str) -> str:
    """A page or a part of one in whose texts that stays on one line; its style gives `.together` no break."""
    return _IN_A_PAGE.sub(
        lambda one: f'<span class="together">{one[0]}</span>' if one["found"] else one[0],
        markup,
    )
