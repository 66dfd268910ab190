"""The description of the desk's interface, made from the routes and the types that serve them.

A route says which type its body is decoded as and which its answer is made of; both are the types the handlers use, so
the description cannot say something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.desk.access import COOKIE, Content, Route


class Problem(msgspec.Struct, kw_only=True):
    """Why something was not done: `code` for programs, `message` for people, in the language they asked for."""

    code: str
    message: str


# What every route may answer besides what it is for.
_PROBLEMS = {
    "400": "The request could not be read",
    "401": "Nobody is logged in, or the login is wrong",
    "403": "Not from the desk's own page, or not for this role or team",
    "404": "There is no such thing",
    "409": "Things have changed meanwhile, or it is so already; nothing was done",
    "413": "The body is too large",
    "422": "The content cannot be taken",
    "429": "Too many tries, or too much at once",
    "503": "The database is away; nothing was done",
}
_SAFE_METHODS = {"GET"}
_OWN_PAGE = {"name": "X-Klartext-Desk", "in": "header", "required": True, "schema": {"type": "string", "const": "1"}}


def description(routes: Sequence[Route], title: str, *, login: type, logged_in: type) -> dict[str, Any]:
    """An OpenAPI 3.1 document of these routes, and of the only one without a session: the login."""
    types: list[Any] = [Problem, login, logged_in]
    for route in routes:
        types += [one for one in (route.body, route.answer, *route.query.values()) if not isinstance(one, Content)]
    known = list(dict.fromkeys(one for one in types if one is not None))
    schemas, components = msgspec.json.schema_components(known, ref_template="#/components/schemas/{name}")
    refs = dict(zip(known, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {"/desk/api/login": {"post": _login(login, logged_in, refs)}}
    for route in routes:
        paths.setdefault(f"/desk/api{route.path}", {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
        "security": [{"session": []}],
    }


def _login(login: type, logged_in: type, refs: dict[Any, Any]) -> dict[str, Any]:
    return {
        "operationId": "post_login",
        "summary": _summary(login),
        "security": [],
        "parameters": [_OWN_PAGE],
        "requestBody": {"required": True, "content": _json(refs[login])},
        "responses": _responses(_json(refs[logged_in]), refs),
    }


def _operation(route: Route, refs: dict[Any, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": refs[kind]} for name, kind in route.query.items()]
    if route.method not in _SAFE_METHODS:
        parameters.append(_OWN_PAGE)
    answer = route.answer
    content = {kind: {} for kind in answer.media_types} if isinstance(answer, Content) else _json(refs[answer])
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}",
        "summary": _summary(route.body or route.answer) or route.path,
        "x-role": route.role.value,
        "parameters": parameters,
        "responses": _responses(content, refs),
    }
    if route.body is not None:
        media = {"multipart/form-data": {"schema": _form(route.body)}} if route.form else _json(refs[route.body])
        operation["requestBody"] = {"required": True, "content": media}
    return operation


def _responses(content: dict[str, Any], refs: dict[Any, Any]) -> dict[str, Any]:
    problem = _json(refs[Problem])
    return {
        "200": {"description": "Done", "content": content},
        **{status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()},
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _form(kind: type) -> dict[str, Any]:
    """A form's fields: bytes are a file's, whose content is sent as it is."""
    _, components = msgspec.json.schema_components([kind], ref_template="{name}")
    schema: dict[str, Any] = components[kind.__name__]
    for one in schema["properties"].values():
        if one.pop("contentEncoding", None):
            one["format"] = "binary"
    return schema


def _summary(kind: Any) -> str:
    return (getattr(kind, "__doc__", None) or "").strip().partition("\n")[0] if isinstance(kind, type) else ""
