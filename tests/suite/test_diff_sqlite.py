"""What SQLite has beyond the others, found and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text

from tests.autogen.laws import created, laws
from tests.databases import Database

Build = Callable[[MetaData], Any]


def table(*items: Callable[[], Any], **options: Any) -> Build:
    def build(m: MetaData) -> None:
        made = [item() for item in items]
        taken = {c.name for c in made if isinstance(c, Column)}
        columns = [Column("id", Integer, primary_key=True), Column("a", Text), Column("b", Integer)]
        Table("t", m, *[c for c in columns if c.name not in taken], *made, **options)

    return build


PAIRS: dict[str, tuple[Build, Build]] = {
    "STRICT": (
        table(lambda: Column("a", sa.String(20)), lambda: Column("gone", sa.String(5))),
        table(sqlite_strict=True),
    ),
    "no longer STRICT": (
        table(sqlite_strict=True),
        table(lambda: Column("a", sa.String(20)), lambda: Column("new", sa.String(5))),
    ),
    "WITHOUT ROWID": (table(), table(sqlite_with_rowid=False)),
    "AUTOINCREMENT": (table(), table(sqlite_autoincrement=True)),
    "a collation": (table(), table(lambda: Column("a", Text(collation="NOCASE")))),
    "an index's WHERE": (
        table(lambda: sa.Index("ix", "a")),
        table(lambda: sa.Index("ix", "a", sqlite_where=sa.text("a > 'x'"))),
    ),
    "a unique constraint's ON CONFLICT": (
        table(lambda: sa.UniqueConstraint("a", name="uq")),
        table(lambda: sa.UniqueConstraint("a", name="uq", sqlite_on_conflict="IGNORE")),
    ),
    "a unique column's ON CONFLICT": (
        table(lambda: Column("a", Text, unique=True)),
        table(lambda: Column("a", Text, unique=True, sqlite_on_conflict_unique="REPLACE")),
    ),
    "a key column's ON CONFLICT": (
        table(),
        table(
            lambda: Column("id", Integer, primary_key=True, sqlite_on_conflict_primary_key="FAIL")
        ),
    ),
    "a generated column is stored": (
        table(lambda: Column("g", Integer, sa.Computed("b + 1", persisted=False))),
        table(lambda: Column("g", Integer, sa.Computed("b + 1", persisted=True))),
    ),
}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("pair", list(PAIRS))
def test_a_change_is_found_applied_and_taken_back(db: Database, pair: str) -> None:
    before, after = MetaData(), MetaData()
    PAIRS[pair][0](before)
    PAIRS[pair][1](after)
    assert laws(db.engine(), before, after).operations, "nothing was found"
    fresh = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    created(fresh, after)
    fresh.dispose()
