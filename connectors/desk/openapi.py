"""The description of the desk's interface, made from the routes and the types that serve them.

A route says which type its body is decoded as and which its answer is made of; both are the types the handlers use, so
the description cannot say something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.desk.access import Route


class Problem(msgspec.Struct, kw_only=True):
    """Why something was not done: `code` for programs, `message` for people, in the language they asked for."""

    code: str
    message: str


_PROBLEMS = {
    "400": "The request could not be read",
    "401": "Nobody is logged in",
    "403": "Not from the desk's own page, or not for this role or team",
    "404": "There is no such thing",
    "409": "Things have changed meanwhile; nothing was done",
    "413": "The body is too large",
    "422": "The content cannot be taken",
    "503": "The database is away; nothing was done",
}
_SAFE_METHODS = {"GET"}


def description(routes: Sequence[Route], title: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document of these routes."""
    types = [Problem, *(one for route in routes for one in (route.body, route.answer) if one is not None)]
    schemas, components = msgspec.json.schema_components(
        list(dict.fromkeys(types)), ref_template="#/components/schemas/{name}"
    )
    refs = dict(zip(dict.fromkeys(types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/desk/api{route.path}", {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "klartext_desk"}},
        },
        "security": [{"session": []}],
    }


def _operation(route: Route, refs: dict[type, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query]
    if route.method not in _SAFE_METHODS:
        parameters.append(
            {"name": "X-Klartext-Desk", "in": "header", "required": True, "schema": {"type": "string", "const": "1"}}
        )
    content: dict[str, Any] = {} if route.answer is None else {"application/json": {"schema": refs[route.answer]}}
    problem = {"application/json": {"schema": refs[Problem]}}
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}",
        "summary": (route.body.__doc__ or "").strip() if route.body else route.path,
        "x-role": route.role.value,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done", **({"content": content} if content else {})},
            **{status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[route.body]}}}
    return operation
