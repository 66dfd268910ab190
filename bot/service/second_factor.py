"""The second factor: codes from an authenticator app (RFC 6238), and recovery codes for the day it is lost.

The app's secret is stored encrypted under a key derived from `KLARTEXT_SECRET_KEY`; it leaves the server once, when it
is set up, and is never logged. With another key it cannot be read: `Unreadable` says so, and nobody gets in by it. A
code is good for its own half minute and the one before and after, and only once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

import msgspec
import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from bot.store import agents as accounts
from bot.store.unit_of_work import Unit

_STEP = 30  # seconds
# How far a telephone's clock may be off, in steps.
_TOLERANCE = 1
_RECOVERY_CODES = 10
# Letters and digits that cannot be mistaken for each other when read aloud or typed from a screen.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Unreadable(Exception):
    """The stored secret was encrypted under another key."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What an app needs once: the secret to type, its address, and the same as the dark squares of a QR code."""

    secret: str
    uri: str
    squares: list[str]


class SecondFactor:
    """Makes and checks second factors."""

    def __init__(self, secret_key: str) -> None:
        derived = hmac.new(secret_key.encode(), b"klartext second factor", hashlib.sha256).digest()
        self._box = Fernet(base64.urlsafe_b64encode(derived))

    def begin(self, login: str) -> tuple[Enrolment, str]:
        """A new secret as the app gets it, and as it is stored."""
        secret = pyotp.random_base32()
        uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Klartext")
        squares = ["".join("1" if dark else "0" for dark in row) for row in segno.make(uri, error="m").matrix]
        return Enrolment(secret=secret, uri=uri, squares=squares), self._box.encrypt(secret.encode()).decode()

    async def use(self, unit: Unit, account: accounts.Account, code: str) -> bool:
        """Whether this code is the account's, or one of its recovery codes; if so it is used up.

        Raises:
            Unreadable: the stored secret cannot be decrypted.
        """
        code = "".join(code.split()).replace("-", "").lower()
        step = self._step_of(account, code, unit.now)
        if step is not None:
            return await accounts.use_step(unit, account.agent.id, step)
        return await accounts.use_recovery_code(unit, account.agent.id, _digest(code))

    def _step_of(self, account: accounts.Account, code: str, now: datetime) -> int | None:
        if account.totp_secret is None:
            return None
        try:
            totp: Any = pyotp.TOTP(self._box.decrypt(account.totp_secret.encode()).decode())
        except InvalidToken as error:
            raise Unreadable from error
        current = int(now.timestamp()) // _STEP
        for step in range(current - _TOLERANCE, current + _TOLERANCE + 1):
            if hmac.compare_digest(totp.at(step * _STEP).encode(), code.encode()):
                return step
        return None


async def renew_recovery_codes(unit: Unit, agent_id: str) -> list[str]:
    """Ten new codes of 59 bits, the only copy of them; older ones open nothing any more."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(12)) for _ in range(_RECOVERY_CODES)]
    await accounts.replace_recovery_codes(unit, agent_id, [_digest(code) for code in codes])
    return ["-".join((code[:4], code[4:8], code[8:])) for code in codes]


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
