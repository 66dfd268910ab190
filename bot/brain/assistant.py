"""Puts Klartext's parts into the assistant that Rasa has loaded.

Guarantee: every turn is answered by an assistant whose action link, graph runner and error watch are ours,
also after Rasa has loaded another model. Only public attributes of the loaded agent are set (and one method
replaced for good, see `action_check`). `NotReady` while no model is loaded.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from rasa.core.agent import Agent
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain

from bot.brain.action_check import check_here_only
from bot.brain.action_endpoint import ActionEndpoint
from bot.brain.graph_runner import PlainGraphRunner
from bot.brain.swallowed import watch_swallowed_errors
from bot.settings import Settings

# An action may take this part of the time the edge waits for the whole turn.
ACTION_SHARE = 0.75


class NotReady(Exception):
    """There is no model to answer with."""


class Assistant:
    """The prepared agent of one brain process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._endpoint: ActionEndpoint | None = None

    def ready(self, agent: Agent | None) -> Agent:
        """The agent, prepared. Cheap once it is.

        Raises:
            NotReady: Rasa is up without a model.
        """
        if agent is None or agent.processor is None or not agent.is_ready():
            raise NotReady("no model is loaded")
        processor = agent.processor
        if self._endpoint is None or processor.action_endpoint is not self._endpoint:
            if self._endpoint is None:
                self._endpoint = self._make_endpoint(agent)
                watch_swallowed_errors()
                check_here_only()
            # The agent's is passed on to the processor of the next model.
            agent.action_endpoint = processor.action_endpoint = self._endpoint
        if isinstance(processor.graph_runner, DaskGraphRunner):
            processor.graph_runner = PlainGraphRunner.in_place_of(processor.graph_runner)
            _ask_once(processor.domain)
        return agent

    async def close(self) -> None:
        """Close the connections to the action server."""
        if self._endpoint is not None:
            await self._endpoint.close()

    def _make_endpoint(self, agent: Agent) -> ActionEndpoint:
        """`KLARTEXT_ACTIONS_URL` where it is set, else what `endpoints.yml` says."""
        stock = agent.action_endpoint
        url = f"{self._settings.actions_url}/webhook"
        if stock is not None and stock.url and self._settings.actions_url == Settings.actions_url:
            url = stock.url if urlsplit(stock.url).path else f"{stock.url}/webhook"
        return ActionEndpoint.in_place_of(stock, url, self._settings.brain_timeout * ACTION_SHARE)


def _ask_once(domain: Domain) -> None:
    """Rasa asks of every message whether the domain is empty, and builds an empty one each time to compare with."""
    empty = domain.is_empty()
    domain.is_empty = lambda: empty
