"""The rebuild: a table made anew from its edited text, with its rows, indexes and triggers.

The old table steps aside under another name, the new one is created under its own name by the very
text it shall keep, takes the rows over, and the old one is dropped. With `legacy_alter_table` on
and foreign keys off, SQLite touches no view, trigger or foreign key that speaks of the table: they
keep their text and find the new table in the old one's place
(https://www.sqlite.org/lang_altertable.html#otheralter, https://www.sqlite.org/pragma.html).

A table whose CHECKs or partial indexes speak of it by its own name cannot be renamed so: its rows
step aside into a table without types and constraints instead, and are copied twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ...errors import VerificationFailed
from ..base import Statement
from .rows import rowid_name, values
from .schema_texts import INDEX, TRIGGER, fold_names, of_table, qualified
from .table_change import TableChange, qualified_name
from .tokens import fold, identifier, literal, quote, same_name, significant, unquote

#: The rowid, as a column of a table whose own rowids are others.
_ROWID = "embedmig_rowid"


def rebuild(change: TableChange, *, legacy_alter_table: bool) -> Iterator[Statement]:
    """The statements of a rebuild, behind the checks of the rows."""
    aside = _free_name(change)
    rowid = rowid_name(change.table_before)
    yield from _carry_renames(change)
    if _names_itself(change):
        yield from _put_rows_aside(change, aside, rowid)
        yield from _fill(change, aside, _ROWID if rowid else None)
    else:
        yield Statement("PRAGMA legacy_alter_table = ON")
        yield Statement(f"ALTER TABLE {change.full_name} RENAME TO {quote(aside)}")
        yield from _fill(change, aside, rowid)
        if not legacy_alter_table:
            yield Statement("PRAGMA legacy_alter_table = OFF")
    for type_ in (INDEX, TRIGGER):
        for text in of_table(change.texts, change.name, type_):
            yield Statement(qualified(text, change.schema))
    yield verification(change)


def _fill(change: TableChange, aside: str, rowid: str | None) -> Iterator[Statement]:
    """The new table, with the rows that stand aside."""
    yield Statement(qualified(change.row, change.schema))
    yield from _copy_rows(change, aside, rowid)
    yield from _keep_counter(change, aside)
    yield Statement(f"DROP TABLE {qualified_name(aside, change.schema)}")


def _names_itself(change: TableChange) -> bool:
    """Whether the table's text or an index's speaks of `table.column`."""
    own = [t for t in change.before if t.type == INDEX and same_name(t.table, change.name)]
    sqls = [change.table_before.sql, *(index.sql for index in own)]
    return any(_is_qualified(sql, change.name) for sql in sqls)


def _is_qualified(sql: str, name: str) -> bool:
    tokens = significant(sql)
    return any(
        following.text == "." and token.is_name and same_name(unquote(token.text), name)
        for token, following in pairwise(tokens)
    )


def _put_rows_aside(change: TableChange, aside: str, rowid: str | None) -> Iterator[Statement]:
    """A copy of the rows as they are, and the table dropped; its counter waits under their name."""
    names = [quote(held) for held in change.held.values()]
    columns = ", ".join([*names, _ROWID] if rowid else names)
    sources = ", ".join([*names, rowid] if rowid else names)
    place = qualified_name(aside, change.schema)
    yield Statement(f"CREATE TABLE {place} ({columns})")
    yield Statement(f"INSERT INTO {place} ({columns}) SELECT {sources} FROM {change.full_name}")
    if change.table_before.has_autoincrement:
        yield Statement(
            f"UPDATE {quote(change.schema or 'main')}.sqlite_sequence SET name = {literal(aside)} "
            f"WHERE name = {literal(change.name)}"
        )
    yield Statement(f"DROP TABLE {change.full_name}")


def _free_name(change: TableChange) -> str:
    taken = fold_names(change.everything)
    base = f"_embedmig_{change.name}"
    return next(n for i in range(10**6) if fold(n := f"{base}_{i}" if i else base) not in taken)


def _carry_renames(change: TableChange) -> Iterator[Statement]:
    for name, new_name in change.carried_renames:
        yield Statement(
            f"ALTER TABLE {change.full_name} RENAME COLUMN {quote(name)} TO {identifier(new_name)}"
        )


# -- rows ------------------------------------------------------------------------------------


def _copy_rows(change: TableChange, aside: str, rowid: str | None) -> Iterator[Statement]:
    """Every row, and its rowid: other tables, FTS indexes and applications may hold on to it.

    OR ABORT overrides the ON CONFLICT clauses of the new table, which could skip or replace rows.
    """
    pairs = [
        (quote(value.column.name), value.expression(lambda name: change.held[name]))
        for value in values(change)
        if value.origin is not None or value.fill is not None
    ]
    here = rowid_name(change.table)
    if here and rowid and not change.table.rowid_alias:
        pairs.insert(0, (here, rowid))
    columns = ", ".join(column for column, _ in pairs)
    expressions = ", ".join(expression for _, expression in pairs)
    source = qualified_name(aside, change.schema)
    yield Statement(
        f"INSERT OR ABORT INTO {change.full_name} ({columns}) SELECT {expressions} FROM {source}"
    )
    yield Statement(
        f"SELECT (SELECT count(*) FROM {source}), (SELECT count(*) FROM {change.full_name})",
        check=_RowsAreEqual(change.name),
    )


@dataclass(frozen=True, slots=True)
class _RowsAreEqual:
    """Raises where the copy has not as many rows as the original."""

    table: str

    def __call__(self, rows: Sequence[Any]) -> None:
        before, after = rows[0]
        if before != after:
            raise VerificationFailed(self.table, f"{before} rows became {after}")


def _keep_counter(change: TableChange, aside: str) -> Iterator[Statement]:
    """An AUTOINCREMENT counter can be higher than any rowid in the table."""
    if change.table_before.has_autoincrement and change.table.has_autoincrement:
        counters = f"{quote(change.schema or 'main')}.sqlite_sequence"
        name, old = literal(change.name), literal(aside)
        yield Statement(f"DELETE FROM {counters} WHERE name = {name}")
        yield Statement(f"UPDATE {counters} SET name = {name} WHERE name = {old}")


# -- verification ----------------------------------------------------------------------------


def verification(change: TableChange) -> Statement:
    """A look at what SQLite has stored: exactly the texts that were planned, no more, no less."""
    expected = {
        (text.type, text.name): text.sql
        for text in change.texts
        if fold(text.table) == fold(change.name) and not text.is_temporary and text.type != "view"
    }
    master = f"{quote(change.schema or 'main')}.sqlite_master"
    sql = (
        f"SELECT type, name, sql FROM {master} "
        f"WHERE tbl_name = {literal(change.name)} COLLATE NOCASE AND sql IS NOT NULL"
    )
    return Statement(sql, check=_TextsAreEqual(change.name, expected))


@dataclass(frozen=True, slots=True)
class _TextsAreEqual:
    """Raises where the schema does not hold the texts that were planned."""

    table: str
    expected: dict[tuple[str, str], str]

    def __call__(self, rows: Sequence[Any]) -> None:
        found = {(type_, name): sql for type_, name, sql in rows}
        wrong = {
            f"{type_} {name}"
            for type_, name in found.keys() | self.expected.keys()
            if found.get((type_, name)) != self.expected.get((type_, name))
        }
        if wrong:
            raise VerificationFailed(self.table, f"not as planned: {', '.join(sorted(wrong))}")
