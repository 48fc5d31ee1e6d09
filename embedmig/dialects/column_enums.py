"""Enums where they are no types of their own: the values live in the columns that use the name.

A change of an enum is then a change of every such column. What speaks against it (rows that still
hold a value) is found in all of them before the first one is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from .. import ops
from ..catalog import enum_in, enum_key, relabelled
from ..errors import DataWouldBeLost, InvalidOperation
from .base import Statement
from .ddl import DDL, Statements

if TYPE_CHECKING:
    from ..catalog import Catalog

EnumOperation = ops.AddEnumValue | ops.DropEnumValue | ops.RenameEnumValue


@dataclass(frozen=True, slots=True)
class Place:
    """A column that uses the enum, and the values it takes now."""

    table: str
    schema: str | None
    column: str
    labels: tuple[str, ...]


class ColumnEnums(DDL):
    """Enum operations as changes of columns: VARCHAR with a CHECK, as a rule."""

    #: A CHECK can be dropped and added by itself; else the column is altered as a whole.
    checks_in_place: ClassVar[bool] = True

    def add_enum_value(self, op: ops.AddEnumValue, catalog: Catalog) -> Statements:
        places = self.enum_places(op, catalog)
        pending = [place for place in places if op.value not in place.labels]
        if not pending and not op.if_not_exists:
            raise InvalidOperation(f"{op.describe()}: it has that value already")
        made = [list(self.relabel(p, _with_value(op, p.labels), catalog)) for p in pending]
        for statements in made:
            yield from statements

    def drop_enum_value(self, op: ops.DropEnumValue, catalog: Catalog) -> Statements:
        places = [p for p in self.enum_places(op, catalog) if op.value in p.labels]
        if not places:
            raise InvalidOperation(f"{op.describe()}: it has no such value")
        made = [list(self._without_value(op, place, catalog)) for place in places]
        if op.replacement is None:
            yield from (self._unused(op, place, catalog) for place in places)
        for statements in made:
            yield from statements

    def rename_enum_value(self, op: ops.RenameEnumValue, catalog: Catalog) -> Statements:
        places = [p for p in self.enum_places(op, catalog) if op.value in p.labels]
        if not places:
            raise InvalidOperation(f"{op.describe()}: it has no such value")
        if any(op.new_value in place.labels for place in places):
            raise InvalidOperation(f"{op.describe()}: it has that value already")
        made = [list(self.rename_label(op, place, catalog)) for place in places]
        for statements in made:
            yield from statements

    def enum_places(self, op: EnumOperation, catalog: Catalog) -> list[Place]:
        """The columns whose Enum has this name."""
        found = [
            Place(table, schema, column, self.labels(table, schema, column, catalog))
            for (schema, table), column in catalog.enum_users(op.enum_name, op.schema)
        ]
        if not found:
            raise InvalidOperation(
                f"{op.describe()}: this database keeps the values in the columns that use the "
                f"enum, and no column known at this point has an Enum named {op.enum_name!r}"
            )
        return found

    # -- how a column keeps its values; overridden where it is not a CHECK -----------------------

    def labels(
        self, table: str, schema: str | None, column: str, catalog: Catalog
    ) -> tuple[str, ...]:
        """The values the column takes now."""
        enum = enum_of(catalog, table, schema, column)
        return tuple(enum.enums)

    def relabel(
        self, place: Place, labels: Sequence[str], catalog: Catalog, default: Any = ops.UNCHANGED
    ) -> Iterable[Statement]:
        """Let the column take these values; the CHECK is made anew, a longer value gets room."""
        before = enum_of(catalog, place.table, place.schema, place.column)
        after = relabelled(before, labels, before.schema)
        alter = _altered(place, before, after, default)
        same = self.spell.type(before) == self.spell.type(after) and default is ops.UNCHANGED
        if same and not before.create_constraint:
            return ()
        if same and self.checks_in_place:
            drop, add = self.type_constraints(alter, catalog)
            return [*drop, *add]
        return self.alter_column(alter, catalog)

    def rename_label(
        self, op: ops.RenameEnumValue, place: Place, catalog: Catalog
    ) -> Iterator[Statement]:
        """The CHECK goes, the rows change, the new CHECK comes."""
        labels = [op.new_value if label == op.value else label for label in place.labels]
        default = self.moved_default(place, op.value, op.new_value, catalog)
        if not self.checks_in_place:
            yield from self._rename_by_both(op, place, labels, default, catalog)
            return
        changed = list(self.relabel(place, labels, catalog, default))
        cut = next((i for i, s in enumerate(changed) if is_adding_check(s)), len(changed))
        yield from changed[:cut]
        yield self.update(place, op.value, op.new_value, catalog)
        yield from changed[cut:]

    def _rename_by_both(
        self,
        op: ops.RenameEnumValue,
        place: Place,
        labels: Sequence[str],
        default: Any,
        catalog: Catalog,
    ) -> Iterator[Statement]:
        """Both names for a moment, then the rows, then the new name alone."""
        before = enum_of(catalog, place.table, place.schema, place.column)
        both = relabelled(before, [*place.labels, op.new_value], before.schema)
        changes = (
            _altered(place, before, both, ops.UNCHANGED),
            ops.ExecuteSQL(self.update(place, op.value, op.new_value, catalog).sql),
            _altered(place, both, relabelled(before, labels, before.schema), default),
        )
        batch = ops.BatchAlterTable(place.table, changes, schema=place.schema)
        yield from self.batch_alter_table(batch, catalog)

    def _without_value(
        self, op: ops.DropEnumValue, place: Place, catalog: Catalog
    ) -> Iterator[Statement]:
        labels = [label for label in place.labels if label != op.value]
        if op.replacement is not None and op.replacement not in labels:
            raise InvalidOperation(f"{op.describe()}: the replacement is not one of its values")
        default = self.moved_default(place, op.value, op.replacement, catalog)
        if op.replacement is not None:
            yield self.update(place, op.value, op.replacement, catalog)
        yield from self.relabel(place, labels, catalog, default)

    # -- rows and defaults -----------------------------------------------------------------------

    def moved_default(self, place: Place, old: str, new: str | None, catalog: Catalog) -> Any:
        """The column's new default where its default is the value that goes; else UNCHANGED."""
        column = catalog.column(place.table, place.column, place.schema)
        default = getattr(getattr(column, "server_default", None), "arg", None)
        text = getattr(default, "text", default)
        if text not in (old, self.spell.literal(old)):
            return ops.UNCHANGED
        if new is None:
            raise InvalidOperation(
                f"{place.table}.{place.column} has {old!r} as its default; change the default "
                "first, or give a replacement"
            )
        return new

    def update(self, place: Place, old: str, new: str, catalog: Catalog) -> Statement:
        """Give the rows that hold one value another; no other column changes."""
        table = self.spell.qualified(place.table, place.schema)
        column = self.spell.name(place.column)
        kept = map(self.spell.name, self.self_updating(place, catalog))
        values = ", ".join([f"{column} = {self.spell.literal(new)}", *(f"{c} = {c}" for c in kept)])
        where = f"{column} = {self.spell.literal(old)}"
        return Statement(f"UPDATE {table} SET {values} WHERE {where}", is_data=True)

    def self_updating(self, place: Place, catalog: Catalog) -> Iterable[str]:
        """The columns that an UPDATE changes unless it says what they are."""
        return ()

    def _unused(self, op: ops.DropEnumValue, place: Place, catalog: Catalog) -> Statement:
        """Look for rows that hold the value; a live sink raises DataWouldBeLost if there are."""

        def check(rows: Sequence[Any]) -> None:
            if rows:
                keys = [tuple(row) if len(row) > 1 else row[0] for row in rows[:5]]
                reason = f"rows hold the value {op.value!r} that is to go"
                raise DataWouldBeLost(place.table, place.column, reason, keys)

        table = catalog.table(place.table, place.schema)
        names = [c.name for c in table.primary_key.columns] or [place.column]
        query: Any = sa.select(*(sa.column(name) for name in names))
        query = query.select_from(sa.table(place.table, schema=place.schema))
        condition = sa.column(place.column, sa.String()) == op.value
        reason = f"{place.table}.{place.column}: rows hold the value {op.value!r} that is to go"
        return Statement(query.where(condition).limit(5), check=check, forbids=reason)


def _altered(place: Place, before: sa.Enum, after: sa.Enum, default: Any) -> ops.AlterColumn:
    return ops.AlterColumn(
        place.table,
        place.column,
        schema=place.schema,
        type_=after,
        existing_type=before,
        server_default=default,
    )


def enum_of(catalog: Catalog, table: str, schema: str | None, column: str) -> sa.Enum:
    """The Enum of a column, with the values it has at this point of the history."""
    enum = enum_in(catalog.written_type(table, column, schema))
    if enum is None:
        raise InvalidOperation(f"column {table}.{column} is not known to be an Enum")
    return with_current_labels(enum, catalog, schema)


def with_current_labels(enum: sa.Enum, catalog: Catalog, table_schema: str | None) -> sa.Enum:
    """The Enum with the values that the catalog has followed since it was written."""
    name, schema = reversed(enum_key(enum, table_schema))
    labels = catalog.enum(str(name), schema)
    return enum if labels in (None, tuple(enum.enums)) else relabelled(enum, labels, enum.schema)


def is_adding_check(statement: Statement) -> bool:
    """Whether the statement adds a constraint."""
    return isinstance(statement.sql, str) and " ADD CONSTRAINT " in statement.sql


def _with_value(op: ops.AddEnumValue, labels: Sequence[str]) -> list[str]:
    made = list(labels)
    beside = op.before if op.before is not None else op.after
    if beside is None:
        return [*made, op.value]
    if beside not in made:
        raise InvalidOperation(f"{op.describe()}: it has no value {beside!r} to stand beside")
    made.insert(made.index(beside) + (op.before is None), op.value)
    return made
