"""Foreign keys around a change: rows that refer to nothing may not become more than they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ...errors import DataWouldBeLost
from ..base import Statement
from ..session import RAW
from . import memory
from .schema_texts import TABLE, children
from .table_change import TableChange
from .tokens import literal, quote

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: In `connection.info` while enforcement is switched off for a revision's sake.
FOREIGN_KEYS_OFF = "embedmig_foreign_keys_off"

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
    """The statements before and after the rebuild; None where no foreign key is concerned."""
    involved = {t.name for t in children(change.texts, change.name)}
    if any(clause.referent is not None for clause in change.table.clauses):
        involved.add(change.name)
    if involved:
        tables = [t for t in change.before if t.type == TABLE or t.type == "index"]
        involved -= memory.broken_references(tables, change.connect)
    if not involved:
        return None
    sql = " UNION ALL ".join(_query(name, change.schema) for name in sorted(involved))
    check = ReferenceCheck()
    return Statement(sql, check=check.note), Statement(sql, check=check.compare)


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
    for _, schema, _ in _all(connection, "PRAGMA database_list"):
        tables = (
            f"SELECT name FROM {quote(schema)}.sqlite_master AS m WHERE type = 'table' "
            "AND sql NOT LIKE 'CREATE VIRTUAL %' AND EXISTS "
            f"(SELECT 1 FROM pragma_foreign_key_list(m.name, {literal(schema)}))"
        )
        for (name,) in _all(connection, tables):
            found |= _checked(connection, name, schema)
    return found


def _checked(connection: Connection, name: str, schema: str) -> Violations:
    try:
        return _as_violations(_all(connection, _query(name, schema)))
    except DBAPIError as error:
        if "mismatch" not in str(error):
            raise
        return {}


def _all(connection: Connection, sql: str) -> list[Any]:
    return list(connection.exec_driver_sql(sql, execution_options=RAW))
