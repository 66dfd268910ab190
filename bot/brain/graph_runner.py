"""Runs Rasa's prediction graph in plain order instead of through dask's scheduler.

Guarantee: the same nodes with the same inputs give the same results as Rasa's own runner; only the scheduling
differs, which took about half of a message's time. The loaded nodes are taken over, so nothing is held twice
in memory. An error in a node passes through unchanged.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage


class PlainGraphRunner(GraphRunner):
    """Executes the nodes needed for the asked targets, parents first, each once."""

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plans: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> PlainGraphRunner:
        """Load the nodes of a stored model (the interface of Rasa's loader)."""
        return cls.in_place_of(DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks))

    @classmethod
    def in_place_of(cls, stock: DaskGraphRunner) -> PlainGraphRunner:
        """Take over the loaded nodes of Rasa's runner, which offers no public way to them."""
        return cls(stock._graph_schema, stock._instantiated_nodes)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Outputs of the targets, by node name (see the interface)."""
        wanted = tuple(targets or self._schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._plan(wanted)
        # A node returns its own name with its output, and takes such pairs from its parents.
        done: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, parents in plan:
            if name not in done:
                done[name] = self._nodes[name](*(done[parent] for parent in parents if parent in done))
        return {name: done[name][1] for name in wanted}

    def _plan(self, targets: tuple[str, ...]) -> list[tuple[str, list[str]]]:
        """The needed nodes with their parents, every node after its parents."""
        schema = self._schema.nodes
        plan: dict[str, list[str]] = {}
        under_way: set[str] = set()

        def visit(name: str) -> None:
            # Names without a node are inputs of the run.
            if name in plan or name not in schema:
                return
            if name in under_way:
                raise GraphRunError(f"the graph has a circle at {name}")
            under_way.add(name)
            parents = list(schema[name].needs.values())
            for parent in parents:
                visit(parent)
            plan[name] = parents

        for target in targets:
            visit(target)
        return list(plan.items())
