"""if_exists and if_not_exists where the SQL has no such clause: the statement asks by itself.

A script is run later, on a database that nobody has seen; so the condition travels in the SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import ops
from ..ops import constructs
from .base import Statement
from .ddl import DDL, Statements
from .guards import is_guarded

if TYPE_CHECKING:
    from ..catalog import Catalog


class ConditionalDDL(DDL):
    """A DDL whose statements can be made to depend on what is there when they run."""

    def statements(self, op: ops.Operation, catalog: Catalog) -> Statements:
        if self.is_conditional(op, catalog) and (found := self.presence(op, catalog)):
            wanted = bool(getattr(op, "if_exists", False))
            made = list(super().statements(_unguarded(op), catalog))
            yield from self.conditional(found, made, wanted=wanted)
        else:
            yield from super().statements(op, catalog)

    def is_conditional(self, op: ops.Operation, catalog: Catalog) -> bool:
        """Whether this operation is one whose guard the server has no clause for."""
        return is_guarded(op) and op.verb not in self.guarded

    def index_of_table(
        self, op: ops.CreateTable, table: sa.Table, index: sa.Index, catalog: Catalog
    ) -> Iterable[Statement]:
        """An index of a table that is perhaps there already is perhaps there already, too."""
        create = replace(constructs.index_operation_of(index, table), if_not_exists=True)
        if op.if_not_exists and self.is_conditional(create, catalog):
            return self.statements(create, catalog)
        return super().index_of_table(op, table, index, catalog)

    def presence(self, op: Any, catalog: Catalog) -> str | None:
        """A query that counts what the operation is about; None where there is none."""
        raise NotImplementedError

    def conditional(
        self, presence: str, statements: list[Statement], *, wanted: bool
    ) -> Iterable[Statement]:
        """The statements, run only where the thing is there (`wanted`), or is not."""
        raise NotImplementedError


def _unguarded(op: Any) -> ops.Operation:
    flag = "if_exists" if hasattr(op, "if_exists") else "if_not_exists"
    plain: ops.Operation = replace(op, **{flag: False})
    return plain
