"""MySQL's native ENUM: the values stand in the column's type.

A value that is appended changes the table's definition only; one in the middle rewrites the table,
and the rows keep their values. https://dev.mysql.com/doc/refman/en/innodb-online-ddl-operations.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import ops
from .base import Statement
from .clauses import clause
from .column_enums import ColumnEnums, Place
from .mysql_columns import ColumnText
from .mysql_definitions import existing_definition, self_updating_columns

if TYPE_CHECKING:
    from ..catalog import Catalog

_NATIVE = re.compile(r"^enum\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)


class MySQLEnums(ColumnEnums):
    """Enum operations as MODIFY of the columns."""

    def labels(
        self, table: str, schema: str | None, column: str, catalog: Catalog
    ) -> tuple[str, ...]:
        found = labels_in(self._definition(table, schema, column, catalog).type)
        if found is not None:
            return found
        return super().labels(table, schema, column, catalog)

    def relabel(
        self, place: Place, labels: Sequence[str], catalog: Catalog, default: Any = ops.UNCHANGED
    ) -> Iterable[Statement]:
        before = self._definition(place.table, place.schema, place.column, catalog)
        if labels_in(before.type) is None:
            return super().relabel(place, labels, catalog, default)
        return [self._modify(place, self._with_labels(before, labels, default))]

    def rename_label(
        self, op: ops.RenameEnumValue, place: Place, catalog: Catalog
    ) -> Iterator[Statement]:
        """Both names for a moment, then the rows, then the new name alone."""
        before = self._definition(place.table, place.schema, place.column, catalog)
        if labels_in(before.type) is None:
            yield from super().rename_label(op, place, catalog)
            return
        at = place.labels.index(op.value)
        after = [*place.labels[:at], op.new_value, *place.labels[at + 1 :]]
        if op.value.casefold() != op.new_value.casefold():  # else one and the same to the server
            both = [*place.labels[: at + 1], op.new_value, *place.labels[at + 1 :]]
            yield self._modify(place, self._with_labels(before, both))
            yield self.update(place, op.value, op.new_value, catalog)
        default = self.moved_default(place, op.value, op.new_value, catalog)
        yield self._modify(place, self._with_labels(before, after, default))

    def self_updating(self, place: Place, catalog: Catalog) -> Iterable[str]:
        return self_updating_columns(place.table, place.schema, catalog, self.spell)

    def _definition(
        self, table: str, schema: str | None, column: str, catalog: Catalog
    ) -> ColumnText:
        alter = ops.AlterColumn(table, column, schema=schema)
        return existing_definition(alter, catalog, self.spell)

    def _with_labels(
        self, before: ColumnText, labels: Sequence[str], default: Any = ops.UNCHANGED
    ) -> ColumnText:
        written = ",".join(map(self.spell.literal, labels))
        after = replace(before, type=f"ENUM({written})")
        if default is ops.UNCHANGED:
            return after
        return replace(after, default=self.spell.literal(default))

    def _modify(self, place: Place, definition: ColumnText) -> Statement:
        table = self.spell.qualified(place.table, place.schema)
        return clause(table, f"MODIFY {self.spell.name(place.column)} {definition}")


def labels_in(type_: str) -> tuple[str, ...] | None:
    """The values of an ENUM, from the type as the server writes it; None for another type."""
    found = _NATIVE.match(type_)
    if found is None:
        return None
    return tuple(_unescaped(label) for label in _LABEL.findall(found[1]))


def _unescaped(label: str) -> str:
    return re.sub(r"''|\\(.)", lambda m: m[1] or "'", label)
