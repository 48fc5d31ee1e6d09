"""A private database in memory that has a schema's texts and none of its rows.

What SQLite itself knows best is asked of SQLite, here, where nothing can be harmed: how a renamed
column changes every text that speaks of it, whether a column can be dropped natively, and whether
a text that was edited is one that SQLite takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from .schema_texts import (
    INDEX,
    TABLE,
    TRIGGER,
    VIEW,
    SchemaText,
    Texts,
    read_texts,
)
from .tokens import quote

_LOAD_ORDER = (TABLE, INDEX, VIEW, TRIGGER)
_ROWS = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
_MISSING = re.compile(r"no such (function|collation sequence): (.+)")

Connect = Callable[[], Any]


class Refused(ValueError):
    """SQLite does not take what was tried in the private database."""


@contextmanager
def loaded(texts: Sequence[SchemaText], connect: Connect) -> Iterator[Any]:
    """A DB-API connection to a private database with these objects in it."""
    with closing(connect()) as connection:
        for type_ in _LOAD_ORDER:
            for text in texts:
                if text.type == type_:
                    execute(connection, _loadable(text))
        yield connection


def run(texts: Sequence[SchemaText], statement: str, connect: Connect) -> Texts:
    """The texts as SQLite leaves them after *statement*; raises Refused if it does not take it."""
    with loaded(texts, connect) as connection:
        execute(connection, statement)
        after = list(read_texts(connection.execute(_ROWS)))
    before = {(text.type, text.name): text for text in texts}
    kept = [text for text in texts if text.is_virtual]
    for text in after:
        old = before.get((text.type, text.name), text)
        kept += [] if old.is_virtual else [replace(old, table=text.table, sql=text.sql)]
    return tuple(kept)


def problem(texts: Sequence[SchemaText], table: str, connect: Connect) -> str | None:
    """What SQLite finds wrong with the objects as a whole; None if they are sound.

    A rename makes SQLite resolve every view and trigger, which creating them does not.
    """
    probe = f"ALTER TABLE {quote(table)} RENAME TO {quote('embedmig probe')}"
    try:
        run(texts, probe, connect)
    except Refused as error:
        return str(error)
    return None


def broken_references(texts: Sequence[SchemaText], connect: Connect) -> set[str]:
    """The tables with a foreign key whose parent has no such key (*foreign key mismatch*)."""
    broken = set()
    with loaded(texts, connect) as connection:
        for text in texts:
            if text.type == TABLE and not text.is_virtual:
                try:
                    connection.execute(f"PRAGMA foreign_key_check({quote(text.name)})").fetchall()
                except connection.OperationalError as error:
                    if "mismatch" in str(error):
                        broken.add(text.name)
    return broken


def _loadable(text: SchemaText) -> str:
    """A virtual table is played by a plain one: its module may not be at hand, and need not be."""
    if not text.is_virtual:
        return text.sql
    columns = ", ".join(quote(column) for column in text.columns or ("embedmig",))
    return f"CREATE TABLE {quote(text.name)} ({columns})"


def execute(connection: Any, statement: str) -> None:
    """Execute, with a stand-in for every function and collation that only the application has."""
    for _ in range(100):
        try:
            connection.execute(statement)
        except connection.Error as error:
            missing = _MISSING.match(str(error))
            if missing is None:
                raise Refused(str(error)) from error
            _stand_in(connection, missing.group(1), missing.group(2))
        else:
            return
    raise Refused(f"too many unknown functions in {statement!r}")


def _stand_in(connection: Any, kind: str, name: str) -> None:
    if kind == "function":
        connection.create_function(name.removesuffix("()"), -1, _nothing, deterministic=True)
    else:
        connection.create_collation(name, _equal)


def _nothing(*_: object) -> None:
    return None


def _equal(one: str, other: str) -> int:
    return (one > other) - (one < other)
