"""Applying operations without the runner: spell them, execute them, let the catalog watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from embedmig import ops
from embedmig.catalog import Catalog, LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.dialects.base import Statement
from embedmig.dialects.ddl import DDL
from embedmig.ops.facade import Operations
from embedmig.sinks import execute


def apply(
    connection: sa.Connection, *operations: ops.Operation, catalog: Catalog | None = None
) -> LiveCatalog | Catalog:
    """Apply operations on a connection, inside its transaction; returns the catalog."""
    watching = catalog or LiveCatalog(connection)
    ddl = dialect_for(connection.dialect).ddl
    for operation in operations:
        for statement in tuple(ddl.statements(operation, watching)):
            execute(connection, statement)
        watching.observe(operation)
    return watching


def spelled(ddl: DDL, *operations: ops.Operation, catalog: Catalog | None = None) -> list[str]:
    """The statements as text, replaying; whitespace is squeezed so that they read on one line."""
    watching = catalog or Catalog()
    lines = []
    for operation in operations:
        lines += [text(ddl, statement) for statement in ddl.statements(operation, watching)]
        watching.observe(operation)
    return lines


def text(ddl: DDL, statement: Statement) -> str:
    """One statement on one line; constructs are compiled with their literals."""
    sql: Any = statement.sql
    if not isinstance(sql, str):
        sql = str(sql.compile(dialect=ddl.spell.dialect, compile_kwargs={"literal_binds": True}))
    return " ".join(sql.split())


def squeezed(lines: Iterable[str]) -> list[str]:
    """Each text with its whitespace squeezed."""
    return [" ".join(line.split()) for line in lines]


class Recording:
    """A destination that keeps the operations."""

    is_offline = True
    dialect_name = "recording"
    naming_convention = None

    def __init__(self) -> None:
        self.operations: list[ops.Operation] = []

    def apply(self, operation: ops.Operation) -> None:
        self.operations.append(operation)


def recorded(*functions: Callable[[Operations], Any]) -> list[ops.Operation]:
    """The operations that functions of `op` make."""
    destination: Any = Recording()
    for function in functions:
        function(Operations(destination))
    made: list[ops.Operation] = destination.operations
    return made
