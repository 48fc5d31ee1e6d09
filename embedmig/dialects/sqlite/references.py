"""Foreign keys around a rebuild: rows that refer to nothing may not become more than they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import VerificationFailed
from ..base import Statement
from . import memory
from .schema_texts import children
from .table_change import TableChange
from .tokens import literal


@dataclass(slots=True)
class ReferenceCheck:
    """`foreign_key_check` of the table and of those that refer to it, before and after."""

    table: str
    _before: dict[tuple[str, str], int] = field(default_factory=dict)
    _known: bool = False

    def note(self, rows: Sequence[Any]) -> None:
        """Keep what was wrong before."""
        self._before = {(child, parent): count for child, parent, count, _ in rows}
        self._known = True

    def compare(self, rows: Sequence[Any]) -> None:
        """Raise for what is wrong now and was not."""
        for child, parent, count, rowid in rows:
            more = count - self._before.get((child, parent), 0)
            if self._known and more > 0:
                raise VerificationFailed(
                    self.table,
                    f"{more} row(s) of {child!r} would refer to rows that {parent!r} does not have"
                    f" (such as rowid {rowid})",
                )


def reference_checks(change: TableChange) -> tuple[Statement, Statement] | None:
    """The statements before and after the rebuild; None where no foreign key is concerned."""
    involved = {t.name for t in children(change.texts, change.name)}
    if any(clause.referent is not None for clause in change.table.clauses):
        involved.add(change.name)
    texts = [t for t in change.before if t.type == "table" and t.name in involved]
    involved -= memory.broken_references(change.before, change.connect) if texts else set()
    if not involved:
        return None
    sql = " UNION ALL ".join(_violations(name, change.schema) for name in sorted(involved))
    check = ReferenceCheck(change.name)
    return Statement(sql, check=check.note), Statement(sql, check=check.compare)


def _violations(name: str, schema: str | None) -> str:
    arguments = f"{literal(name)}, {literal(schema or 'main')}"
    return (
        f"SELECT {literal(name)}, parent, count(*), min(rowid) "
        f"FROM pragma_foreign_key_check({arguments}) GROUP BY parent"
    )
