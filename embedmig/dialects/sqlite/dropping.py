"""Which constraint of a table an operation means, by its name or by what it constrains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ... import ops
from ...errors import InvalidOperation
from ...ops import constructs
from .table_text import CHECK, FOREIGN_KEY, PRIMARY_KEY, UNIQUE, Clause, TableText
from .text_edits import find_clauses
from .tokens import same_name

_KINDS = {
    "primary": PRIMARY_KEY,
    "unique": UNIQUE,
    "foreignkey": FOREIGN_KEY,
    "check": CHECK,
}
Convention = Mapping[str, Any] | None


def find_constraint(
    op: ops.DropConstraint, table: TableText, convention: Convention
) -> Clause | None:
    """The clause to drop; None where `if_exists` finds nothing.

    A constraint without a name is found by the name that the naming convention would give it, or
    by the definition that the operation carries for its way back.
    """
    found = next(_candidates(op, table, convention), None)
    if found is None and not op.if_exists:
        known = ", ".join(sorted({c.name for c in table.clauses if c.name})) or "none with a name"
        raise InvalidOperation(
            f"{op.describe()}: there is no such constraint; the table has {known}. One without a "
            "name is dropped by its type_ and columns"
        )
    return found


def _candidates(
    op: ops.DropConstraint, table: TableText, convention: Convention
) -> Iterator[Clause]:
    kind = _KINDS.get(op.type_ or "")
    for name in _names(op, convention):
        yield from find_clauses(table, name=name, kind=kind)
        yield from _conventionally_named(table, name, kind, convention)
    if op.constraint_name is None or op.original is not None:
        yield from _unnamed(_by_definition(op, table, kind))
    if op.type_ == "primary":
        yield from _unnamed(find_clauses(table, kind=PRIMARY_KEY))


def _unnamed(clauses: list[Clause]) -> list[Clause]:
    """Those without a name first; with a name only if there is no other."""
    return sorted(clauses, key=lambda clause: clause.name is not None)


def _names(op: ops.DropConstraint, convention: Convention) -> list[str]:
    given = [constructs.final_constraint_name(op, convention), op.constraint_name]
    return list(dict.fromkeys(name for name in given if name))


def _conventionally_named(
    table: TableText, name: str, kind: str | None, convention: Convention
) -> Iterator[Clause]:
    if not convention:
        return
    for clause in find_clauses(table, kind=kind):
        made = None if clause.name else _creation(table.name, clause)
        if made is not None:
            conventional = constructs.constraint_of(made, convention).name
            if conventional is not None and same_name(str(conventional), name):
                yield clause


def _creation(table_name: str, clause: Clause) -> ops.CreateConstraint | None:
    """The operation that would create an unnamed constraint; a CHECK has no name to be made."""
    match clause.kind:
        case "unique":
            return ops.CreateUniqueConstraint(table_name, clause.columns)
        case "primary key":
            return ops.CreatePrimaryKey(table_name, clause.columns)
        case "foreign key":
            remote = clause.referent_columns or clause.columns
            return ops.CreateForeignKey(table_name, clause.referent or "", clause.columns, remote)
    return None


def _by_definition(op: ops.DropConstraint, table: TableText, kind: str | None) -> list[Clause]:
    original = op.original
    if isinstance(original, ops.CreateCheckConstraint):
        return find_clauses(table, kind=CHECK, expression=_condition(original))
    columns = op.columns or getattr(original, "columns", ())
    wanted = kind or _KINDS.get(getattr(original, "kind", ""))
    return find_clauses(table, kind=wanted, columns=columns) if columns else []


def _condition(original: ops.CreateCheckConstraint) -> str:
    condition = original.condition
    if isinstance(condition, str):
        return condition
    constraint: Any = constructs.constraint_of(original)
    return str(constraint.sqltext.compile(compile_kwargs={"literal_binds": True}))
