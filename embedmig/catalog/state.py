"""One table as a value: columns, and its constraints and indexes as the operations that make them.

SQLAlchemy's Table cannot lose or rename a column; this can, cheaply, and a Table is made of it when
somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from .. import _sa
from ..ops import (
    CreateConstraint,
    CreateExcludeConstraint,
    CreateIndex,
    CreatePrimaryKey,
    constructs,
)

#: Where a Table keeps exclusion constraints: SQLAlchemy has no database-free class for them.
EXCLUDES = "embedmig_excludes"


@dataclass(slots=True)
class TableState:
    """A table; its Columns are values (replaced, never changed) and belong to no Table."""

    name: str
    schema: str | None = None
    columns: dict[str, sa.Column[Any]] = field(default_factory=dict)
    constraints: list[CreateConstraint] = field(default_factory=list)
    indexes: list[CreateIndex] = field(default_factory=list)
    others: list[sa.Constraint] = field(default_factory=list)
    comment: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    info: dict[Any, Any] = field(default_factory=dict)
    prefixes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, table: sa.Table) -> TableState:
        """Take a Table apart; the Table is left as it is."""
        info = dict(table.info)
        state = cls(
            table.name,
            table.schema,
            comment=table.comment,
            # Reflection of some databases has the comment twice, here under `…_comment`.
            options={k: v for k, v in table.dialect_kwargs.items() if not k.endswith("_comment")},
            constraints=list(info.pop(EXCLUDES, ())),
            info=info,
            prefixes=_sa.prefixes(table),
        )
        state.columns = {
            column.name: _sa.rebuilt_column(column, info=constructs.own_info(column))
            for column in table.columns
        }
        for constraint in _ordered(table):
            state._take(constraint, table)
        state.indexes = [
            constructs.index_operation_of(index, table)
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
        return state

    def _take(self, constraint: sa.Constraint, table: sa.Table) -> None:
        if _sa.is_type_bound(constraint):
            return  # the column's type makes it again
        operation = constructs.operation_of(constraint, table)
        if operation is None:
            self.others.append(constraint)
        elif not isinstance(operation, CreatePrimaryKey) or operation.columns:
            self.constraints.append(operation)

    def copy(self) -> TableState:
        """A state that can be changed without this one."""
        return replace(
            self,
            columns=dict(self.columns),
            constraints=list(self.constraints),
            indexes=list(self.indexes),
            others=list(self.others),
            options=dict(self.options),
            info=dict(self.info),
        )

    @property
    def primary_key(self) -> CreatePrimaryKey | None:
        """The primary key."""
        return next((c for c in self.constraints if isinstance(c, CreatePrimaryKey)), None)

    def to_table(self, convention: Mapping[str, Any] | None = None) -> sa.Table:
        """A new Table in a MetaData of its own."""
        excludes = tuple(c for c in self.constraints if isinstance(c, CreateExcludeConstraint))
        table = sa.Table(
            self.name,
            _sa.private_metadata(convention),
            *(_sa.rebuilt_column(column) for column in self.columns.values()),
            schema=self.schema,
            comment=self.comment,
            info={**self.info, EXCLUDES: excludes} if excludes else dict(self.info),
            prefixes=list(self.prefixes),
            **(accepted(self.options) if self.options else {}),
        )
        for operation in self.constraints:
            if not isinstance(operation, CreateExcludeConstraint):
                constructs.attach_constraint(operation, table)
        for index in self.indexes:
            constructs.attach_index(index, table)
        for other in self.others:
            _keep(other, table)
        return table


def accepted(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table options that this SQLAlchemy knows: a database may have more."""
    try:
        sa.Table("t", sa.MetaData(), **options)
    except sa.exc.ArgumentError:
        return {key: value for key, value in options.items() if _is_accepted(key, value)}
    return options


def _is_accepted(key: str, value: Any) -> bool:
    try:
        sa.Table("t", sa.MetaData(), **{key: value})
    except sa.exc.ArgumentError:
        return False
    return True


def _ordered(table: sa.Table) -> list[sa.Constraint]:
    """Every constraint of the columns and of the table, as CREATE TABLE writes them."""
    inside = [c for column in table.columns for c in _sa.in_order(column.constraints)]
    return [*inside, *_sa.sorted_constraints(table)]


def _keep(constraint: sa.Constraint, table: sa.Table) -> None:
    try:
        table.append_constraint(_sa.copy_constraint(constraint, table))
    except (KeyError, sa.exc.ArgumentError):
        return  # its column is gone, and so is it
