"""The widget socket's frames, version 1. What does not fit is refused with an error frame and changes nothing."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bot.conversation.limits import CLIENT_ID_LIMIT

Seq = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Hello(msgspec.Struct, tag_field="type", tag="hello"):
    """The first frame: opens a known conversation, or begins one."""

    v: Literal[1]
    token: Annotated[str, Meta(max_length=200)] | None = None
    last_seq: Seq = 0
    locale: Annotated[str, Meta(max_length=20)] = "de"


class Msg(msgspec.Struct, tag_field="type", tag="msg"):
    """Something the customer says, or a button that was issued. Resending a `client_id` is safe."""

    client_id: Annotated[str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT)]
    text: str
    payload: Annotated[str, Meta(max_length=100)] | None = None


class Ack(msgspec.Struct, tag_field="type", tag="ack"):
    """The client has everything up to `seq`."""

    seq: Seq


class Read(msgspec.Struct, tag_field="type", tag="read"):
    """The customer has seen everything up to `seq`."""

    seq: Seq


class Typing(msgspec.Struct, tag_field="type", tag="typing"):
    """The customer is typing."""


class Locale(msgspec.Struct, tag_field="type", tag="locale"):
    """The customer chose a language."""

    locale: Annotated[str, Meta(max_length=20)]


class Identify(msgspec.Struct, tag_field="type", tag="identify"):
    """The customer is logged in at the portal, which has signed it; see `bot/service/portal.py`."""

    user: Annotated[str, Meta(min_length=1, max_length=40)]
    signature: Annotated[str, Meta(max_length=100)]


class Ping(msgspec.Struct, tag_field="type", tag="ping"):
    """Is somebody there?"""


Frame = Hello | Msg | Ack | Read | Typing | Locale | Identify | Ping
decode_frame = msgspec.json.Decoder(Frame).decode

# Close codes.
UNAUTHENTICATED = 4401
TOO_SLOW = 4408
TOO_MANY = 4429
RESTART = 1012
