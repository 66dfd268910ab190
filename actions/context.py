"""What every action needs, put together once per process.

Nothing is opened on import: the customer data system is connected when the first action asks for it. A process that
cannot read its settings fails at that first action with a `SettingsError` that names the variable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from actions.crm.repository import CrmRepository
from bot.settings import Settings
from bot.transparency.wording import Wording, wording


@dataclass(frozen=True)
class Context:
    """Texts, settings and the way to the customer data system."""

    wording: Wording
    settings: Settings
    connect: Callable[[Settings], CrmRepository]

    @cached_property
    def crm(self) -> CrmRepository:
        """The customer data system, connected on first use."""
        return self.connect(self.settings)


@lru_cache(maxsize=1)
def process_context() -> Context:
    """The one context of this process, read from the environment."""
    from bot.systems import customer_data  # deferred: an action server without its drivers still answers /health

    return Context(wording=wording(), settings=Settings.from_environment(), connect=customer_data)
