"""Renames that somebody told us of: `renames=` and `info={"renamed_from": …}`.

A rename is applied to the current picture, so that whatever else differs is compared under the
new name. It counts only while the old name is there and the new one is not, so that a hint may
stay in the metadata for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..dialects.describe import Description
from ..dialects.snapshot import Key, TableState, full_name
from ..ops import Operation, RenameColumn, RenameTable
from .pairing import Context

HINT = "renamed_from"


def apply_renames(context: Context, descriptions: dict[Key, Description]) -> Iterator[Operation]:
    """The rename operations; the current pictures are changed to what follows them."""
    for key, described in descriptions.items():
        old = old_table(context, key, described)
        if old is not None:
            yield rename_table(context, old, key, described.table.schema)
    for key, described in descriptions.items():
        current = context.current.tables.get(key)
        if current is None:
            continue
        if not (described.columns.keys() - current.columns.keys()):
            continue
        for name, column in described.columns.items():
            before = old_column(context, current, name, column.info.get(HINT))
            if before is not None and before not in described.columns:
                rename_column(context, current, before, name)
                schema = described.table.schema
                yield RenameColumn(key[1], before, name, schema=schema)


# -- what was told --------------------------------------------------------------------------------


def old_table(context: Context, key: Key, described: Description) -> Key | None:
    """The table that this one was, if that is still there."""
    tables = context.current.tables
    if key in tables:
        return None
    told = described.table.info.get(HINT)
    names = [told] if told else []
    names += [
        old for old, new in context.options.renames.items() if new in (full_name(key), key[1])
    ]
    for name in names:
        schema, _, bare = str(name).rpartition(".")
        for old in ((schema or key[0], bare), (key[0], str(name))):
            if old in tables and old[0] == key[0]:
                return old
    return None


def old_column(context: Context, table: TableState, name: str, told: object) -> str | None:
    """The column that this one was, if that is still there and this one is not yet."""
    if name in table.columns:
        return None
    names = [str(told)] if told else []
    for prefix in {f"{full_name(table.key)}.", f"{table.name}."}:
        for old, new in context.options.renames.items():
            if old.startswith(prefix) and new.removeprefix(prefix) == name:
                names.append(old.removeprefix(prefix))
    return next((old for old in names if old in table.columns), None)


# -- what follows ---------------------------------------------------------------------------------


def rename_table(context: Context, old: Key, new: Key, schema: str | None) -> RenameTable:
    """Move the picture to the new name, and let foreign keys follow it."""
    tables = context.current.tables
    table = tables.pop(old)
    table.key = new
    tables[new] = table
    for each in tables.values():
        each.foreign_keys = tuple(
            fk._replace(referent=new) if fk.referent == old else fk for fk in each.foreign_keys
        )
    context.renamed_tables[new] = old
    return RenameTable(old[1], new[1], schema=schema)


def rename_column(context: Context, table: TableState, old: str, new: str) -> None:
    """Let everything that names the column follow it."""

    def name(column: str) -> str:
        return new if column == old else column

    def text(expression: Any) -> Any:
        return renamed_in(expression, old, new) if isinstance(expression, str) else expression

    def options(given: Any) -> Any:
        return tuple((k, tuple(map(name, v)) if k == "include" else text(v)) for k, v in given)

    context.renamed_columns[table.key, new] = old
    table.columns = {
        name(each): column._replace(name=name(each), generated=text(column.generated))
        for each, column in table.columns.items()
    }
    if table.primary_key is not None:
        key = table.primary_key
        table.primary_key = key._replace(columns=tuple(map(name, key.columns)))
    table.uniques = tuple(
        key._replace(columns=tuple(map(name, key.columns)), options=options(key.options))
        for key in table.uniques
    )
    table.checks = tuple(c._replace(expression=text(c.expression)) for c in table.checks)
    table.excludes = tuple(c._replace(expression=text(c.expression)) for c in table.excludes)
    table.indexes = tuple(
        index._replace(elements=tuple(map(text, index.elements)), options=options(index.options))
        for index in table.indexes
    )
    table.foreign_keys = tuple(
        fk._replace(columns=tuple(map(name, fk.columns))) for fk in table.foreign_keys
    )
    for each in context.current.tables.values():
        each.foreign_keys = tuple(
            fk._replace(remote_columns=tuple(map(name, fk.remote_columns)))
            if fk.referent == table.key
            else fk
            for fk in each.foreign_keys
        )


_STRINGS = re.compile(r"('(?:[^']|'')*')")


def renamed_in(expression: str, old: str, new: str) -> str:
    """The expression with the column's name changed, strings left as they are."""
    word = re.compile(rf"(?<![\w$]){re.escape(old)}(?![\w$(])")
    parts = _STRINGS.split(expression)
    return "".join(part if i % 2 else word.sub(lambda _: new, part) for i, part in enumerate(parts))
