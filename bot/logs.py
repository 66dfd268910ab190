"""Everything that a process writes to its log goes through one filter: see `bot.conversation.personal`.

The filter stands in front of standard output and standard error, so it holds for whatever writes there: our own log, a
library's, an exception's trace. `python -m bot.logs MODULE ARGUMENTS` runs another program's module behind it.

Guarantee: a line that is written in one piece, as every log does, is masked before it leaves the process. A failure to
mask never keeps a line back unmasked: the line is replaced by a word about that.
"""

from __future__ import annotations

import io
import runpy
import sys

from bot.conversation.personal import mask_personal


class MaskingStream(io.TextIOWrapper):
    """A text stream that masks what is written to it."""

    def write(self, text: str) -> int:
        """Write the text, masked; its length as it was given."""
        try:
            masked = mask_personal(text)
        except Exception as error:
            masked = f"a line was left out: masking failed with {type(error).__name__}\n"
        super().write(masked)
        return len(text)


def mask_output() -> None:
    """From now on standard output and standard error are masked. Doing it again changes nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, MaskingStream):
            stream.flush()
            masking = MaskingStream(stream.buffer, stream.encoding, stream.errors, line_buffering=True)
            setattr(sys, name, masking)


def main(arguments: list[str]) -> None:
    """Run a module with its output masked."""
    mask_output()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
