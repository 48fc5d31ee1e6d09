"""Foreign keys around a change: rows that refer to nothing may not become more than they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ..._sa import send
from ...errors import DataWouldBeLost
from ..base import Statement
from . import memory
from .schema_texts import INDEX, TABLE, children
from .table_change import TableChange
from .table_text import COLLATE, Clause, Column, parse
from .tokens import fold, literal, quote, same_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: (child, parent) → how many rows of the child refer to nothing, and one of them.
Violations = Mapping[tuple[str, str], tuple[int, Any]]


def require_no_more(now: Violations, before: Violations) -> None:
    """Raise DataWouldBeLost where rows refer to nothing that did not before."""
    for (child, parent), (count, rowid) in now.items():
        more = count - before.get((child, parent), (0, None))[0]
        if more > 0:
            reason = f"{more} row(s) would refer to rows that {parent!r} does not have"
            raise DataWouldBeLost(child, None, reason, (rowid,))


# -- around one rebuild ------------------------------------------------------------------------


@dataclass(slots=True)
class ReferenceCheck:
    """`foreign_key_check` of the table and of those that refer to it, before and after."""

    before: Violations = field(default_factory=dict)

    def note(self, rows: Sequence[Any]) -> None:
        """Keep what was wrong before."""
        self.before = _as_violations(rows)

    def compare(self, rows: Sequence[Any]) -> None:
        """Raise for what is wrong now and was not."""
        require_no_more(_as_violations(rows), self.before)


def reference_checks(change: TableChange) -> tuple[Statement, Statement] | None:
    """The statements before and after the rebuild; None where it can change no reference.

    A rebuild copies every row, so a reference can only break where one of its columns gets other
    values, another type or another collation, or where the foreign key itself is new.
    """
    changed = _changed_columns(change)
    involved = {
        text.name
        for text in children(change.texts, change.name)
        if any(_may_break(clause, change, changed) for clause in parse(text.sql).clauses)
    }
    if any(_is_touched(clause, change, changed) for clause in change.table.clauses):
        involved.add(change.name)
    if involved:
        tables = [t for t in change.before if t.type == TABLE or t.type == INDEX]
        involved -= memory.broken_references(tables, change.connect)
    if not involved:
        return None
    sql = " UNION ALL ".join(_query(name, change.schema) for name in sorted(involved))
    check = ReferenceCheck()
    return Statement(sql, check=check.note), Statement(sql, check=check.compare)


def _changed_columns(change: TableChange) -> set[str]:
    """The columns whose values may not be, or not compare as, what they were."""
    before = change.table_before
    changed = set()
    for column in change.table.columns:
        origin = change.origins[fold(column.name)]
        old = before.column(origin) if origin is not None else None
        if old is None or column.is_generated or _compared_as(old) != _compared_as(column):
            changed.add(fold(column.name))
    return changed


def _compared_as(column: Column) -> tuple[object, ...]:
    collations = [fold(clause.body) for clause in column.of(COLLATE)]
    return fold(column.type), collations, column.nullable, column.is_generated


def _may_break(clause: Clause, change: TableChange, changed: set[str]) -> bool:
    """Whether a child's foreign key refers to columns that are not what they were."""
    if clause.referent is None or not same_name(clause.referent, change.name):
        return False
    remote = clause.referent_columns or change.table.primary_key
    is_other_key = not clause.referent_columns and _origins(
        change, change.table.primary_key
    ) != list(change.table_before.primary_key)
    return is_other_key or any(fold(name) in changed for name in remote)


def _is_touched(clause: Clause, change: TableChange, changed: set[str]) -> bool:
    """Whether a foreign key of the table is new, or has columns that are not what they were."""
    if clause.referent is None:
        return False
    known = [
        (list(old.columns), old.referent)
        for old in change.table_before.clauses
        if old.referent is not None
    ]
    is_new = (_origins(change, clause.columns), clause.referent) not in known
    return is_new or any(fold(name) in changed for name in clause.columns)


def _origins(change: TableChange, names: Iterable[str]) -> list[str | None]:
    return [change.origins.get(fold(name)) for name in names]


def _query(name: str, schema: str | None) -> str:
    arguments = f"{literal(name)}, {literal(schema or 'main')}"
    return (
        f"SELECT {literal(name)}, parent, count(*), min(rowid) "
        f"FROM pragma_foreign_key_check({arguments}) GROUP BY parent"
    )


def _as_violations(rows: Iterable[Any]) -> Violations:
    return {(child, parent): (count, rowid) for child, parent, count, rowid in rows}


# -- around a whole revision -------------------------------------------------------------------


def violations(connection: Connection) -> Violations:
    """What `foreign_key_check` finds in every schema.

    Tables whose foreign key has no key to refer to are left out: SQLite cannot check them.
    """
    found: dict[tuple[str, str], tuple[int, Any]] = {}
    for _, schema, _ in send(connection, "PRAGMA database_list").rows:
        tables = (
            f"SELECT name FROM {quote(schema)}.sqlite_master AS m WHERE type = 'table' "
            "AND sql NOT LIKE 'CREATE VIRTUAL %' AND EXISTS "
            f"(SELECT 1 FROM pragma_foreign_key_list(m.name, {literal(schema)}))"
        )
        for (name,) in send(connection, tables).rows:
            found |= _checked(connection, name, schema)
    return found


def _checked(connection: Connection, name: str, schema: str) -> Violations:
    try:
        return _as_violations(send(connection, _query(name, schema)).rows)
    except DBAPIError as error:
        if "mismatch" not in str(error):
            raise
        return {}
