"""Statements that are compiled once for SQLite and then run without SQLAlchemy.

For a statement of every message SQLAlchemy does again, each time, what comes out the same: looking up its compiled
form, sorting out its parameters, setting up a result. That costs ten times what SQLite needs for it. A statement marked
with `repeated`, which has to be one that is built once and kept, goes the short way (`Prepared`); the same values go in
and the same rows come out, through the same types. Every other statement goes through SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData

Statement = TypeVar("Statement", bound=sa.Executable)
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

# By identity; kept for good, so that no other statement gets the place of one that is gone.
_REPEATED: dict[int, sa.Executable] = {}


def repeated(statement: Statement) -> Statement:
    """Mark a statement that is kept as a constant. Returns the same statement."""
    _REPEATED[id(statement)] = statement
    return statement


def in_words(value: str) -> sa.ColumnElement[str]:
    """A value of our own that stands in the statement itself.

    The condition of a partial index has to: with a parameter in its place, SQLite plans the statement anew each time.
    """
    return sa.literal_column(f"'{value}'", sa.String)


def is_repeated(statement: sa.Executable) -> bool:
    """Whether the statement was marked."""
    return id(statement) in _REPEATED


class Done:
    """The result of a statement that gives no rows."""

    def __init__(self, rowcount: int) -> None:
        # How many rows were written.
        self.rowcount = rowcount


class Prepared:
    """A statement as SQLite takes it, for parameters of these names.

    Raises:
        ValueError: it is not of the kind that can be prepared: its text depends on the values (a list of any length),
            or Python has values of its own to add.
    """

    def __init__(self, statement: sa.Executable, names: Sequence[str], dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names) or None)  # type: ignore[attr-defined]
        if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
            raise ValueError(f"cannot be prepared: {compiled}")
        self.sql = str(compiled)
        self._places = [
            (bind.key, bind.required, bind.effective_value, _bind_processor(bind.type, dialect))
            for bind in (compiled.binds[name] for name in compiled.positiontup)
        ]
        columns = _columns(statement)
        self._reads = [column["type"].dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._metadata = SimpleResultMetaData([column["name"] for column in columns]) if columns else None

    def run(self, connection: sqlite3.Connection, parameters: Parameters) -> Any:
        """Run it, for each row if `parameters` is a list. The result offers what SQLAlchemy's does, read to its end."""
        if isinstance(parameters, Sequence):
            if len(parameters) > 1:
                return Done(connection.executemany(self.sql, map(self._values, parameters)).rowcount)
            parameters = parameters[0]
        cursor = connection.execute(self.sql, self._values(parameters or {}))
        if self._metadata is None:
            return Done(cursor.rowcount)
        return IteratorResult(self._metadata, iter([self._row(row) for row in cursor.fetchall()]))

    def _values(self, given: Mapping[str, Any]) -> list[Any]:
        values = []
        for key, required, otherwise, process in self._places:
            value = given[key] if required or key in given else otherwise
            values.append(value if process is None else process(value))
        return values

    def _row(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            value if process is None else process(value) for value, process in zip(row, self._reads, strict=True)
        )


def _bind_processor(kind: Any, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    processor: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _columns(statement: Any) -> list[dict[str, Any]]:
    """Name and type of each column of the result."""
    if isinstance(statement, sa.Select):
        return list(statement.column_descriptions)
    return list(getattr(statement, "returning_column_descriptions", ()))
