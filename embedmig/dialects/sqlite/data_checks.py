"""Questions about the rows, asked before a change touches anything.

Each is a query for the first rows that would not survive the change; where it finds any, the
migration stops with DataWouldBeLost, which names the table, the column and the keys of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import DataWouldBeLost
from ..base import Statement
from . import memory
from .rows import Value, affinity, key_columns, values
from .schema_texts import INDEX, Texts, find_table, of_table
from .table_change import TableChange, qualified_name
from .table_text import CHECK, FOREIGN_KEY, PRIMARY_KEY, UNIQUE, Clause, TableText, parse
from .text_edits import same_expression
from .tokens import PUNCTUATION, fold, quote, same_name, significant, unquote

SHOWN_KEYS = 5


@dataclass(frozen=True, slots=True)
class _Finding:
    """Raises for the rows that a question found."""

    table: str
    column: str | None
    reason: str

    def __call__(self, rows: Sequence[Any]) -> None:
        if rows:
            keys = [row[0] if len(row) == 1 else tuple(row) for row in rows]
            raise DataWouldBeLost(self.table, self.column, self.reason, keys)


class DataChecks:
    """The questions that one change of a table raises."""

    def __init__(self, change: TableChange) -> None:
        self.change = change
        self.before = change.table_before
        self.after = change.table
        self.values = {fold(v.column.name): v for v in values(change)}
        self.keys = key_columns(self.before)

    def statements(self) -> Iterator[Statement]:
        """Every question that SQLite can answer on the table as it is now."""
        for column, reason, condition in self._questions():
            sql = (
                f"SELECT {', '.join(self._key_aliases())} FROM {self._new_rows()} "
                f"WHERE {condition} LIMIT {SHOWN_KEYS}"
            )
            if self._can_be_asked(sql):
                finding = _Finding(self.change.name, column, reason)
                place = f"{self.change.name}.{column}" if column else self.change.name
                yield Statement(sql, check=finding, forbids=f"{place}: {reason}")

    def _questions(self) -> Iterator[tuple[str | None, str, str]]:
        yield from self._lost_in_conversion()
        yield from self._misfits_of_generated_columns()
        yield from self._missing_values()
        yield from self._duplicates()
        yield from self._failed_checks()
        yield from self._orphans()

    def _can_be_asked(self, sql: str) -> bool:
        """Whether SQLite takes the question; if not, the copying itself will answer it."""
        unqualified = sql.replace(self.change.full_name, quote(self.change.name))
        try:
            memory.run(self.change.before, f"EXPLAIN {unqualified}", self.change.connect)
        except memory.Refused:
            return False
        return True

    # -- the rows as they will be ------------------------------------------------------------

    def _new_rows(self, alias: str | None = None) -> str:
        """The rows of the old table with the values and the column names of the new one."""
        columns = [
            f"{value.expression(lambda name: name)} AS {quote(value.column.name)}"
            for value in self.values.values()
        ]
        columns += [
            f"{quote(value.origin.name)} AS embedmig_raw_{place}"
            for place, value in enumerate(self.values.values())
            if value.origin is not None
        ]
        columns += [self._kept(c.name) for c in self.after.columns if c.is_generated]
        columns += [
            f"{key} AS {alias}" for key, alias in zip(self.keys, self._key_aliases(), strict=True)
        ]
        selected = ", ".join(filter(None, columns))
        name = quote(alias or self.after.name)
        return f"(SELECT {selected} FROM {self.change.full_name}) AS {name}"

    def _kept(self, generated: str) -> str:
        origin = self.change.origins[fold(generated)]
        return f"{quote(origin)} AS {quote(generated)}" if origin is not None else ""

    def _key_aliases(self) -> list[str]:
        return [f"embedmig_key_{i}" for i in range(len(self.keys))]

    # -- the questions -----------------------------------------------------------------------

    def _lost_in_conversion(self) -> Iterator[tuple[str | None, str, str]]:
        for place, value in enumerate(self.values.values()):
            target = self._checked_type(value)
            if value.origin is not None and target in ("INTEGER", "REAL", "NUMERIC", "TEXT"):
                condition = _lossy(f"embedmig_raw_{place}", target)
                yield value.column.name, f"a value that is no {target}", condition
            elif self._becomes_numeric(value):
                reason = "a text that would be kept as a number, which reads otherwise"
                yield value.column.name, reason, _read_as_number(f"embedmig_raw_{place}")

    def _becomes_numeric(self, value: Value) -> bool:
        """Whether SQLite itself makes numbers of texts as it stores them, though none are cast."""
        if value.origin is None or value.cast is not None or self.after.is_strict:
            return False
        was_numeric = affinity(value.origin.type) == "NUMERIC" and not self.before.is_strict
        return affinity(value.column.type) == "NUMERIC" and not was_numeric

    def _misfits_of_generated_columns(self) -> Iterator[tuple[str | None, str, str]]:
        """SQLite computes a virtual column when it is read, and only then minds its type."""
        for column in self.after.columns if self.after.is_strict else ():
            origin = self.change.origins[fold(column.name)]
            before = self.before.column(origin) if origin is not None else None
            target = affinity(column.type)
            changed = before is not None and fold(before.type) != fold(column.type)
            if column.is_generated and changed and target in ("INTEGER", "REAL"):
                condition = _lossy(quote(column.name), target)
                yield column.name, f"a generated value that is no {target}", condition

    def _checked_type(self, value: Value) -> str:
        """The type that a value must fit: what it is converted to, or what will be demanded."""
        if value.cast is not None:
            return value.cast
        if value.column.name == self.after.rowid_alias and not self._was_rowid(value):
            return "INTEGER"
        was_computed = value.origin is not None and value.origin.is_generated
        if not self.after.is_strict or (self.before.is_strict and not was_computed):
            return ""
        declared = value.column.type.upper()
        return "INTEGER" if declared == "INT" else declared

    def _was_rowid(self, value: Value) -> bool:
        return value.origin is not None and value.origin.name == self.before.rowid_alias

    def _missing_values(self) -> Iterator[tuple[str | None, str, str]]:
        for value in self.values.values():
            was_required = value.origin is not None and not value.origin.nullable
            if self._is_required(value) and not was_required and not value.is_never_null:
                reason = "NULL in a column that becomes NOT NULL without a default"
                yield value.column.name, reason, f"{quote(value.column.name)} IS NULL"

    def _is_required(self, value: Value) -> bool:
        if value.column.name == self.after.rowid_alias:
            return not self._was_rowid(value)
        in_key = any(same_name(value.column.name, name) for name in self.after.primary_key)
        in_key = in_key and (self.after.is_strict or not self.after.has_rowid)
        return not value.column.nullable or in_key

    def _duplicates(self) -> Iterator[tuple[str | None, str, str]]:
        sets_before = _unique_sets(self.before, self.change.before)
        known = {frozenset(map(fold, columns)) for columns in sets_before}
        for columns in _unique_sets(self.after, self.change.texts):
            converted = any(self._is_converted(name) for name in columns)
            if not converted and self._new_key(columns) in known:
                continue
            names = ", ".join(map(quote, columns))
            some = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
            condition = (
                f"({names}) IN (SELECT {names} FROM {self._new_rows()} WHERE {some} "
                f"GROUP BY {names} HAVING count(*) > 1)"
            )
            column = columns[0] if len(columns) == 1 else None
            yield column, f"duplicates under a new unique key ({', '.join(columns)})", condition

    def _is_converted(self, name: str) -> bool:
        value = self.values.get(fold(name))
        return value is None or value.cast is not None or value.origin is None

    def _new_key(self, columns: Sequence[str]) -> frozenset[str]:
        return frozenset(fold(self.change.origins.get(fold(name)) or "") for name in columns)

    def _failed_checks(self) -> Iterator[tuple[str | None, str, str]]:
        old = [clause.body for clause in self.before.clauses if clause.kind == CHECK]
        for clause in self.after.clauses:
            if clause.kind == CHECK and (
                not any(same_expression(clause.body, body) for body in old)
                or any(clause.mentions(v.column.name) for v in self.values.values() if v.cast)
            ):
                name = f" {clause.name}" if clause.name else ""
                reason = f"rows fail CHECK{name} ({clause.body.strip()})"
                column = clause.columns[0] if clause.columns else None
                yield column, reason, f"NOT ({clause.body})"

    def _orphans(self) -> Iterator[tuple[str | None, str, str]]:
        old = [_reference(clause) for clause in self.before.clauses if clause.kind == FOREIGN_KEY]
        for clause in self.after.clauses:
            if clause.kind != FOREIGN_KEY or _reference(clause) in old:
                continue
            condition = self._orphan_condition(clause)
            if condition:
                column = clause.columns[0] if len(clause.columns) == 1 else None
                yield column, f"no row of {clause.referent!r} for it", condition

    def _orphan_condition(self, clause: Clause) -> str:
        parent = find_table(self.change.texts, clause.referent or "")
        if parent is None or parent.is_virtual:
            return ""
        own = same_name(parent.name, self.change.name)
        remote = clause.referent_columns or parse(parent.sql).primary_key
        rows = (
            self._new_rows("embedmig_parent")
            if own
            else f"{qualified_name(parent.name, self.change.schema)} AS embedmig_parent"
        )
        mine = [f"{quote(self.after.name)}.{quote(name)}" for name in clause.columns]
        some = " AND ".join(f"{name} IS NOT NULL" for name in mine)
        pairs = zip(remote, mine, strict=False)
        same = " AND ".join(f"embedmig_parent.{quote(theirs)} = {name}" for theirs, name in pairs)
        return f"{some} AND NOT EXISTS (SELECT 1 FROM {rows} WHERE {same})" if same else ""


def _reference(clause: Clause) -> tuple[object, ...]:
    return (
        tuple(map(fold, clause.columns)),
        fold(clause.referent or ""),
        tuple(map(fold, clause.referent_columns)),
    )


def _lossy(value: str, target: str) -> str:
    """When CAST(value AS target) would not say the same; a BLOB is never equal to a number."""
    if target == "TEXT":
        return (
            f"CASE typeof({value}) WHEN 'real' THEN CAST(CAST({value} AS TEXT) AS REAL) <> {value} "
            f"WHEN 'blob' THEN {_is_no_text(value)} ELSE 0 END"
        )
    changed = f"CAST({value} AS {target}) <> {value}"
    return f"({changed} OR {_has_too_many_digits(value)})" if target == "NUMERIC" else changed


def _has_too_many_digits(value: str) -> str:
    """When a text is a number that only a REAL can hold, and a REAL has 15 digits."""
    mantissa = f"substr({value}, 1, instr(lower({value}) || 'e', 'e') - 1)"
    digits = f"trim(replace(replace({mantissa}, '.', ''), '-', ''), '0 +')"
    return (
        f"typeof({value}) = 'text' AND typeof(CAST({value} AS NUMERIC)) = 'real' "
        f"AND length({digits}) > 15"
    )


def _read_as_number(value: str) -> str:
    """When a column of affinity NUMERIC makes a number of a text, and not the same text of that.

    https://www.sqlite.org/datatype3.html#type_affinity
    """
    number = f"CAST({value} AS NUMERIC)"
    return f"typeof({value}) = 'text' AND {number} = {value} AND CAST({number} AS TEXT) <> {value}"


def _is_no_text(blob: str) -> str:
    """When a BLOB has bytes that are no text in the database's encoding.

    Each character is decoded and encoded again, 1000 bytes at hand at a time. NUL is one that
    SQLite cannot decode, but it is a character.
    """
    character = "CAST(char(unicode(CAST(substr(part, 1, 4) AS TEXT))) AS BLOB)"
    size = f"coalesce(length({character}), 1)"
    is_plain = f"CAST({blob} AS TEXT) NOT GLOB '*[^' || char(1) || '-' || char(127) || ']*'"
    return (
        f"NOT ({is_plain} AND NOT instr({blob}, x'00')) AND EXISTS ("
        f"WITH RECURSIVE embedmig_rest(at, part) AS (SELECT 1, substr({blob}, 1, 1000) UNION ALL "
        f"SELECT at + {size}, CASE WHEN length(part) - {size} >= 4 THEN substr(part, {size} + 1) "
        f"ELSE substr({blob}, at + {size}, 1000) END FROM embedmig_rest WHERE part <> x'') "
        f"SELECT 1 FROM embedmig_rest WHERE {character} <> substr(part, 1, {size}))"
    )


def _unique_sets(table: TableText, texts: Texts) -> list[tuple[str, ...]]:
    """The column sets that must be unique: by a key, a constraint or a full index."""
    sets = [c.columns for c in table.clauses if c.kind in (UNIQUE, PRIMARY_KEY)]
    indexes = (_unique_index_columns(i.sql) for i in of_table(texts, table.name, INDEX))
    return [*sets, *filter(None, indexes)]


def _unique_index_columns(sql: str) -> tuple[str, ...]:
    """The columns of a plain unique index; none if it is partial or has expressions."""
    tokens = significant(sql)
    if tokens[1].keyword != "UNIQUE":
        return ()
    opening = next(i for i, t in enumerate(tokens) if t.text == "(")
    if tokens[-1].text != ")" or any(t.text == "(" for t in tokens[opening + 1 :]):
        return ()
    inner = [t for t in tokens[opening + 1 : -1] if t.keyword not in ("ASC", "DESC")]
    names = tuple(unquote(t.text) for t in inner if t.kind != PUNCTUATION)
    return names if len(names) == (len(inner) + 1) // 2 else ()
