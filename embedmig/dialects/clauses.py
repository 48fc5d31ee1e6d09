"""Clauses of ALTER TABLE, so that several changes of one table can become one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .base import Statement


@dataclass(frozen=True, slots=True)
class Clause(Statement):
    """ALTER TABLE with one clause that may stand beside others.

    `adds` names the columns it brings, `needs` those it speaks of: a clause that needs what an
    earlier one adds goes into the next statement.
    """

    table: str = ""
    clause: str = ""
    adds: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Preparation(Statement):
    """A statement that may as well run before the ALTER TABLE it precedes (CREATE TYPE …)."""


def clause(table: str, text: str, *, adds: Iterable[str] = (), needs: Iterable[str] = ()) -> Clause:
    """One clause as a statement of its own."""
    return Clause(
        f"ALTER TABLE {table} {text}",
        table=table,
        clause=text,
        adds=frozenset(adds),
        needs=frozenset(needs),
    )


def merged(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The same statements with neighbouring clauses of one table joined into one ALTER TABLE."""
    group: list[Clause] = []
    for statement in statements:
        if isinstance(statement, Preparation):
            yield statement
        elif isinstance(statement, Clause) and _fits(group, statement):
            group.append(statement)
        else:
            yield from _joined(group)
            group = [statement] if isinstance(statement, Clause) else []
            if not group:
                yield statement
    yield from _joined(group)


def _fits(group: list[Clause], new: Clause) -> bool:
    if not group:
        return True
    added = frozenset[str]().union(*(member.adds for member in group))
    return group[0].table == new.table and not (new.needs & added)


def _joined(group: list[Clause]) -> Iterator[Statement]:
    if len(group) == 1:
        yield group[0]
    elif group:
        text = ", ".join(member.clause for member in group)
        yield Statement(f"ALTER TABLE {group[0].table} {text}")
