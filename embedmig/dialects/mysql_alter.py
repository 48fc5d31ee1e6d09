"""Columns of MySQL and MariaDB: an alteration writes the whole definition again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa

from .. import ops
from ..catalog import names_collation
from ..errors import InvalidOperation
from .base import Statement
from .clauses import clause
from .ddl import Statements
from .mysql_columns import ColumnText, renamed_in
from .mysql_definitions import (
    compiled_definition,
    default_parts,
    existing_definition,
    known_definition,
)
from .mysql_server import MySQLServer

if TYPE_CHECKING:
    from ..catalog import Catalog

_FACETS = ("type_", "nullable", "server_default", "comment", "autoincrement")


class MySQLAlter(MySQLServer):
    """ADD COLUMN, MODIFY, CHANGE and RENAME COLUMN."""

    def require_end_position(self, op: ops.AddColumn | ops.AlterColumn) -> None:
        """Here a column can be given any place."""

    def column_definition(
        self, op: ops.AddColumn, column: sa.Column[Any], inline: sa.ForeignKeyConstraint | None
    ) -> str:
        """The column; an inline reference would be read and forgotten here, so there is none."""
        text = super().column_definition(op, column, None)
        if column.primary_key and column.autoincrement is True and "AUTO_INC" not in text:
            text += " AUTO_INCREMENT"
        return text + self.place(op)

    def inline_reference(
        self, op: ops.AddColumn, table: sa.Table
    ) -> sa.ForeignKeyConstraint | None:
        """None: `REFERENCES` at a column is ignored by MySQL.

        https://dev.mysql.com/doc/refman/en/ansi-diff-foreign-keys.html
        """
        return None

    def add_column(self, op: ops.AddColumn, catalog: Catalog) -> Statements:
        yield from super().add_column(_placed(op, catalog), catalog)

    def place(self, op: ops.AddColumn | ops.AlterColumn) -> str:
        """FIRST or AFTER: insert_before is left only where it means the first column."""
        if op.insert_after:
            return f" AFTER {self.spell.name(op.insert_after)}"
        return " FIRST" if op.insert_before else ""

    def alter_column(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        op = _placed(op, catalog)
        drop, add = self.type_constraints(op, catalog)
        change = list(self._change(op, catalog))
        yield from drop
        yield from change
        yield from add

    def _change(self, op: ops.AlterColumn, catalog: Catalog) -> Iterator[Statement]:
        facets = [f for f in _FACETS if op.changes(f)]
        renamed = op.new_column_name not in (None, op.column_name)
        moved = op.insert_after or op.insert_before
        if not facets and not moved:
            if renamed:
                yield from self._rename(op, cast("str", op.new_column_name), catalog)
            return
        if facets == ["server_default"] and not renamed and not moved:
            yield self._quick_default(op, catalog) or self._redefine(op, catalog)
        else:
            yield self._redefine(op, catalog)

    def _quick_default(self, op: ops.AlterColumn, catalog: Catalog) -> Statement | None:
        """ALTER COLUMN … SET DEFAULT, which touches no rows; None where it would not do.

        It takes literals only, and leaves ON UPDATE as it is.
        """
        if isinstance(op.server_default, sa.Computed | sa.Identity):
            return None
        before = known_definition(op, catalog, self.spell)
        if before is not None and (before.on_update or before.generated or before.auto_increment):
            return None
        if op.server_default is None:
            # Without any default, MySQL refuses an INSERT that leaves a nullable column out.
            nullable = before is not None and before.nullable
            return self.column_clause(op, "SET DEFAULT NULL" if nullable else "DROP DEFAULT")
        value, on_update = default_parts(op.server_default, self.spell)
        if value is None or on_update or value[0].isalpha():
            return None
        return self.column_clause(op, f"SET DEFAULT {value}")

    def _redefine(self, op: ops.AlterColumn, catalog: Catalog) -> Statement:
        """MODIFY, or CHANGE with a new name: the whole definition, as it is and as it shall be."""
        before = existing_definition(op, catalog, self.spell)
        after = self._altered(op, before)
        name = self.spell.name(op.column_name)
        new = op.new_column_name or op.column_name
        needs = {op.column_name}
        if new == op.column_name:
            return clause(self.on_table(op), f"MODIFY {name} {after}{self.place(op)}", needs=needs)
        after = replace(after, check=renamed_in(after.check, op.column_name, new))
        text = f"CHANGE {name} {self.spell.name(new)} {after}{self.place(op)}"
        return clause(self.on_table(op), text, adds={new}, needs=needs)

    def _altered(self, op: ops.AlterColumn, before: ColumnText) -> ColumnText:
        """The definition with the operation's changes."""
        wanted = compiled_definition(_wanted_column(op, before), self.spell)
        self._require_possible(op, before, wanted)
        after = before
        if op.type_ is not None:
            if names_collation(op.existing_type):
                after = replace(after, charset=None, collate=None)
            after = after.with_type_of(wanted, op.column_name)
        if op.nullable is not None:
            after = replace(after, nullable=op.nullable)
        if op.changes("server_default"):
            after = _with_default_of(after, wanted, op.server_default)
        if op.changes("comment"):
            after = replace(after, comment=self._comment(op))
        if op.autoincrement is not None:
            after = replace(after, auto_increment=op.autoincrement)
        return replace(after, default=None) if after.auto_increment else after

    def _comment(self, op: ops.AlterColumn) -> str | None:
        return None if op.comment is None else self.spell.literal(op.comment)

    def _require_possible(
        self, op: ops.AlterColumn, before: ColumnText, wanted: ColumnText
    ) -> None:
        if not op.changes("server_default") or _kind(before) == _kind(wanted):
            return
        kinds = {_kind(before), _kind(wanted)}
        if "VIRTUAL" in kinds or self.is_mariadb:
            raise self.unsupported(
                op,
                f"a {_kind(before)} column cannot become a {_kind(wanted)} one in place; drop the "
                "column and add it again",
            )

    def rename_column(self, op: ops.RenameColumn, catalog: Catalog) -> Statements:
        yield from self._rename(op, op.new_column_name, catalog)

    def _rename(
        self, op: ops.RenameColumn | ops.AlterColumn, new: str, catalog: Catalog
    ) -> Iterator[Statement]:
        old = self.spell.name(op.column_name)
        needs, adds = {op.column_name}, {new}
        if self.version >= ((10, 5, 2) if self.is_mariadb else (8, 0, 0)):
            text = f"RENAME COLUMN {old} TO {self.spell.name(new)}"
        else:
            alter = ops.AlterColumn(op.table_name, op.column_name, schema=op.schema)
            before = existing_definition(alter, catalog, self.spell)
            after = replace(before, check=renamed_in(before.check, op.column_name, new))
            text = f"CHANGE {old} {self.spell.name(new)} {after}"
        yield clause(self.on_table(op), text, adds=adds, needs=needs)


Placed = TypeVar("Placed", ops.AddColumn, ops.AlterColumn)


def _placed(op: Placed, catalog: Catalog) -> Placed:
    """The operation with `insert_before` turned into the `insert_after` that it means."""
    if not op.insert_before:
        return op
    own = op.column_name if isinstance(op, ops.AlterColumn) else None
    names = [name for name in catalog.state(op.table_name, op.schema).columns if name != own]
    if op.insert_before not in names:
        raise InvalidOperation(f"{op.describe()}: there is no column {op.insert_before!r}")
    at = names.index(op.insert_before)
    return op if at == 0 else replace(op, insert_before=None, insert_after=names[at - 1])


def _wanted_column(op: ops.AlterColumn, before: ColumnText) -> sa.Column[Any]:
    """What the operation asks for, as a column that can be compiled."""
    type_ = op.type_ if op.type_ is not None else op.existing_type
    default = op.server_default if op.changes("server_default") else None
    column: sa.Column[Any] = sa.Column(
        op.column_name, type_ if type_ is not None else sa.Integer(), autoincrement=False
    )
    if isinstance(default, sa.Computed):
        return sa.Column(
            op.column_name, column.type, sa.Computed(default.sqltext, persisted=default.persisted)
        )
    column.server_default = None
    if default is not None and not isinstance(default, sa.Identity):
        return sa.Column(op.column_name, column.type, server_default=default)
    return column


def _with_default_of(after: ColumnText, wanted: ColumnText, value: Any) -> ColumnText:
    return replace(
        after,
        nullable=after.nullable and not isinstance(value, sa.Identity),
        default=wanted.default,
        on_update=wanted.on_update,
        generated=wanted.generated,
        auto_increment=isinstance(value, sa.Identity),
    )


def _kind(column: ColumnText) -> str:
    if not column.generated:
        return "plain"
    return "STORED" if column.generated.endswith(("STORED", "PERSISTENT")) else "VIRTUAL"
