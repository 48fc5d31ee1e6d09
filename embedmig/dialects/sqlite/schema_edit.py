"""A change of a table's stored text alone, where no row is concerned.

SQLite's documentation allows it for removed NOT NULL, CHECK and FOREIGN KEY constraints and for
changed defaults (https://www.sqlite.org/lang_altertable.html#otheralter). The new text has been
proven in a private database before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..base import Statement
from .tokens import literal, quote

_BUMP = "embedmig_schema_changed"


def schema_edit(name: str, schema: str | None, sql: str) -> Iterator[Statement]:
    """Put *sql* in the place of the table's text.

    RESET makes this connection read the schema again. The view that comes and goes behind it moves
    the schema's version on, so that other connections read it again too, and marks the schema as
    changed in this transaction, so that a rollback reads it once more.
    """
    master = f"{quote(schema or 'main')}.sqlite_master"
    view = f"{quote(schema or 'main')}.{_BUMP}"
    yield Statement("PRAGMA writable_schema = ON")
    yield Statement(
        f"UPDATE {master} SET sql = {literal(sql)} WHERE type = 'table' AND name = {literal(name)}"
    )
    yield Statement("PRAGMA writable_schema = RESET")
    yield Statement(f"CREATE VIEW {view} AS SELECT 1")
    yield Statement(f"DROP VIEW {view}")
