"""Two requests in one message: where one sentence ends and the next wish begins.

Guarantee: pure and deterministic; `clauses` returns parts of the text in their order, or nothing when the text is a
single sentence or too long to be a message. Whether a part is a request is for the classifier to say.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(
    r"\s*[.!?;\n]+\s+|\s*,?\s+(?:und|and|sowie|außerdem|ausserdem|zudem|also|plus|dann noch|und dann|ach und|oh and)\s+"
    r"(?=(?:\w+\s+){2,}\w+)",
    re.IGNORECASE,
)
# Shorter parts say too little to be a request of their own, longer messages are letters.
_FEWEST_WORDS = 3
_LONGEST = 400


def clauses(text: str) -> list[str]:
    """Returns the parts of a text that could be requests of their own; empty when there are not at least two."""
    if len(text) > _LONGEST:
        return []
    parts = [part.strip(" ,.!?;") for part in _BOUNDARY.split(text)]
    long_enough = [part for part in parts if len(part.split()) >= _FEWEST_WORDS]
    return long_enough if len(long_enough) > 1 else []
