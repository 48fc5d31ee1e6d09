"""The names PostgreSQL gives to what nobody named.

The rule is that of its `ChooseConstraintName` and `makeObjectName`: table, columns and a label
joined by underscores, the longer part cut until all fits into 63 bytes, a number behind it while
it is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

LENGTH = 63
_LABELS: tuple[tuple[type[sa.Constraint], str], ...] = (
    (sa.PrimaryKeyConstraint, "pkey"),
    (sa.UniqueConstraint, "key"),
    (sa.ForeignKeyConstraint, "fkey"),
    (sa.CheckConstraint, "check"),
    (ExcludeConstraint, "excl"),
)


def default_name(
    constraint: sa.Constraint, taken: Collection[str], columns: Collection[str]
) -> str | None:
    """The server's name for an unnamed constraint."""
    label = next((label for kind, label in _LABELS if isinstance(constraint, kind)), None)
    if label is None:
        return None
    parts = () if label == "pkey" else tuple(_columns(constraint, columns))
    table: str = constraint.table.name
    name = joined(table, "_".join(parts), label)
    number = 0
    while name in taken:
        number += 1
        name = joined(table, "_".join(parts), f"{label}{number}")
    return name


def _columns(constraint: sa.Constraint, columns: Collection[str]) -> Iterator[str]:
    if not isinstance(constraint, sa.CheckConstraint):
        names = getattr(constraint, "columns", ())
        yield from (column.name for column in names)
        return
    words = set(re.findall(r"\w+", re.sub(r"'(?:[^']|'')*'", "", str(constraint.sqltext))))
    mentioned = words.intersection(columns or [c.name for c in constraint.columns])
    if len(mentioned) == 1:
        yield from mentioned


def joined(table: str, middle: str, label: str) -> str:
    """table_middle_label, the longer of the first two cut until it fits."""
    first, second = table.encode(), middle.encode()
    room = LENGTH - len(label) - 1 - (1 if second else 0)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [part.decode(errors="ignore") for part in (first, second) if part]
    return "_".join([*parts, label])
