"""What the assistant reads in a text, without a conversation: the newest trained model's NLU, one dict per text.

Guarantee: uses exactly the components that answer customers, in the same order. Texts are texts, also when they
start with "/". Raises FileNotFoundError when `model_dir` holds no model; no text raises.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bot.nlu.processor import use_processor

# Rasa reads a leading "/" as a command. This invisible character in front makes it a text; offsets are corrected.
_GUARD = "\u200b"


def run_parse(texts: Iterable[str], language: str | None, model_dir: Path) -> Iterator[dict[str, Any]]:
    """Yields `{"text","language","intent","confidence","decision","entities"}` per text, in order.

    `language` is what a channel would report as locale; the text's own language wins where it is clear.
    """
    use_processor()
    # What Rasa's packages say of their own age, nobody who reads the results can change.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage
    from rasa.model import get_latest_model
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # otherwise Rasa prints every text between the results

    newest = get_latest_model(str(model_dir))
    if newest is None:
        raise FileNotFoundError(f"No trained model in {model_dir}. Run: klartext train")
    processor = Agent.load(newest).processor
    if processor is None:
        raise FileNotFoundError(f"The model {newest} cannot be loaded.")
    loop = asyncio.new_event_loop()
    try:
        for text in texts:
            message = UserMessage(_GUARD + text, metadata={"locale": language} if language else None)
            yield _line(text, loop.run_until_complete(processor.parse_message(message)))
    finally:
        loop.close()


def _line(text: str, parsed: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": text,
        "language": parsed.get("language"),
        "intent": parsed["intent"]["name"],
        "confidence": round(float(parsed["intent"]["confidence"]), 4),
        "decision": parsed.get("decision"),
        "entities": [
            {
                "entity": entity["entity"],
                "value": entity["value"],
                "text": entity.get("text"),
                "start": entity["start"] - len(_GUARD),
                "end": entity["end"] - len(_GUARD),
            }
            for entity in parsed["entities"]
        ],
    }
