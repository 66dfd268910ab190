"""What the customer data system writes to a customer when it sends a one-time code.

Guarantee: a mail never holds account data, and tells the reader what to do who did not ask for it. The texts stand
with all others in `data/wording` and under their lint; here one file of them is read, for the customer data system
knows nothing else of the assistant. A text that is missing fails the first letter, not a later one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from actions.crm.models import Medium

_FILE = Path(__file__).resolve().parents[2] / "data" / "wording" / "letters.yml"


def code_letter(medium: Medium, language: str, code: str, minutes: int) -> tuple[str, str]:
    """Subject (empty for a text message) and body."""
    key = "en" if language == "en" else "de"
    subject, mail, sms = (_texts()[f"letter_code_{part}"][key].strip() for part in ("subject", "mail", "sms"))
    if medium == "sms":
        return "", sms.format(code=code, minutes=minutes)
    return subject, mail.format(code=code, minutes=minutes)


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
