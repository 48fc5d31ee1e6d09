"""A dialect is a bundle of small parts: how to spell, how to hold a session, how to compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect
    from sqlalchemy.sql.elements import ClauseElement

    from .comparison import Comparison
    from .ddl import DDL
    from .script import ScriptSpelling
    from .session import Session


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for a sink.

    `sql` is text as the database takes it (no bind parameters, `%` not doubled), or a SQLAlchemy
    construct with optional `parameters` (several: an executemany). `autocommit` marks what the
    database refuses inside a transaction. `check` is for statements that ask about the data
    before a change: a live sink calls it with the fetched rows, and it raises where they forbid
    the change. Where any row forbids it, `forbids` says why, and a script asks the question by
    itself; it leaves out the others.
    """

    sql: str | ClauseElement
    parameters: Sequence[Mapping[str, Any]] | None = None
    autocommit: bool = False
    is_data: bool = False
    check: Callable[[Sequence[Any]], None] | None = None
    forbids: str | None = None


@dataclass(frozen=True)
class Dialect:
    """One database, as embedmig sees it. `sa` is SQLAlchemy's dialect for the same database."""

    name: str
    sa: SQLAlchemyDialect
    ddl: DDL
    session: Session
    make_comparison: Callable[[SQLAlchemyDialect], Comparison] | None = None
    make_script: Callable[[DDL], ScriptSpelling] | None = None

    @cached_property
    def comparison(self) -> Comparison:
        """When two types, defaults or options are the same here; imported when first asked."""
        if self.make_comparison is not None:
            return self.make_comparison(self.sa)
        from .comparison import Comparison

        return Comparison(self.sa)

    @cached_property
    def script(self) -> ScriptSpelling:
        """How a script for this database is written; imported when first asked."""
        if self.make_script is not None:
            return self.make_script(self.ddl)
        from .script import ScriptSpelling

        return ScriptSpelling(self.ddl)
