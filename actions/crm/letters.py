"""What the customer data system writes to a customer when it sends a one-time code.

Guarantee: pure. A mail never holds account data, and tells the reader what to do who did not ask for it.
"""

from __future__ import annotations

from actions.crm.models import Medium

_SUBJECT = {"de": "Ihr Code für den Saalenetz-Chat", "en": "Your code for the Saalenetz chat"}
_MAIL = {
    "de": (
        "Guten Tag,\n\nIhr Code lautet {code}. Er gilt {minutes} Minuten und nur in dem Chat, in dem Sie ihn "
        "angefordert haben.\n\nGeben Sie den Code an niemanden weiter. "
        "Haben Sie ihn nicht angefordert, müssen Sie nichts tun.\n\n"
        "Ihr Saalenetz-Kundenservice"
    ),
    "en": (
        "Hello,\n\nyour code is {code}. It is valid for {minutes} minutes, and only in the chat in which you asked "
        "for it.\n\nDo not pass it on to anybody. If you did not ask for it, there is nothing you need to do.\n\n"
        "Your Saalenetz customer service"
    ),
}
_SMS = {
    "de": "Saalenetz: Ihr Code für den Chat ist {code}. Gültig {minutes} Minuten. Bitte nicht weitergeben.",
    "en": "Saalenetz: your code for the chat is {code}. Valid for {minutes} minutes. Do not pass it on.",
}


def code_letter(medium: Medium, language: str, code: str, minutes: int) -> tuple[str, str]:
    """Subject (empty for a text message) and body."""
    key = "en" if language == "en" else "de"
    if medium == "sms":
        return "", _SMS[key].format(code=code, minutes=minutes)
    return _SUBJECT[key], _MAIL[key].format(code=code, minutes=minutes)
