"""What goes, is renamed and comes back with a column: what speaks of it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator
from embedmig.ops.facade import Operations
from tests.boot import history_of
from tests.databases import Database

Kept = tuple[set[tuple[Any, str]], set[Any]]


def migrator(db: Database, *upgrades: Callable[[Operations], Any]) -> Migrator:
    return Migrator(db.engine(), None, history_of(*upgrades))


def kept(db: Database) -> Kept:
    """The table's CHECKs and its indexes' names; another CHECK of the same name is a second one."""
    inspector = sa.inspect(db.engine())
    checks = [(c["name"], c["sqltext"]) for c in inspector.get_check_constraints("t")]
    assert len({name for name, _ in checks}) == len(checks)
    return set(checks), {index["name"] for index in inspector.get_indexes("t")}


#: A column's name, and a CHECK that has the word in it.
WORDS = {
    "date": "cast(born as date) > '1900-01-01'",
    "stock": "note <> 'no stock left'",
    "end": "case when start > 0 then 1 else 0 end = 1",
    "coalesce": "coalesce(start, 1) > 0",
}


def words(op: Operations) -> None:
    op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("born", sa.Date),
        sa.Column("note", sa.String(50)),
        sa.Column("start", sa.Integer),
        sa.Column("desc", sa.Integer),
        *(sa.Column(name, sa.Integer) for name in WORDS),
        *(sa.CheckConstraint(check, name=f"ck_{name}") for name, check in WORDS.items()),
        sa.CheckConstraint("stock > 0", name="ck_own"),
        sa.CheckConstraint("start > 5 or stock > start", name="ck_both"),
        sa.Index("ix_desc", sa.text("start DESC"), unique=True),
        sa.Index("ix_own", sa.text("stock DESC")),
    )


def drop_words(op: Operations) -> None:
    for name in (*WORDS, "desc"):
        op.drop_column("t", name)


def test_only_what_speaks_of_a_dropped_column_goes_and_comes_back(db: Database) -> None:
    """Not what has the same word as a type, a function, a keyword or in a string."""
    history = migrator(db, words, drop_words)
    history.upgrade("r0")
    checks, indexes = kept(db)
    history.upgrade()
    staying = {f"ck_{name}" for name in WORDS}
    assert kept(db) == ({c for c in checks if c[0] in staying}, {"ix_desc"})
    history.downgrade("r0")
    assert {name for name, _ in kept(db)[0]} == {*staying, "ck_own", "ck_both"}
    assert kept(db)[1] == indexes


def test_a_script_drops_only_what_speaks_of_the_column(db: Database) -> None:
    script = migrator(db, words, drop_words).render_sql("r0:r1")
    dropped = re.findall(r"DROP (?:CONSTRAINT|INDEX)(?: IF EXISTS)? \W?(\w+)", script)
    assert set(dropped) <= {"ck_own", "ck_both", "ix_own"}


@pytest.mark.parametrize("new", ["status", "New State", "order"])
def test_a_renamed_column_is_known_by_its_new_name_and_strings_stay(db: Database, new: str) -> None:
    """The way back makes anew what the catalog, or SQLite itself, has renamed."""

    def made(op: Operations) -> None:
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("note", sa.String(50)),
            sa.Column("state", sa.Integer),
            sa.CheckConstraint("note <> 'bad state now'", name="ck_note"),
            sa.CheckConstraint("state > 0", name="ck_state"),
        )

    def drop(op: Operations) -> None:
        op.drop_constraint("ck_note", "t")
        op.drop_constraint("ck_state", "t")

    history = migrator(db, made, lambda op: op.rename_column("t", "state", new), drop)
    history.upgrade("r1")
    checks, _ = kept(db)
    assert "'bad state now'" in dict(checks)["ck_note"]
    history.upgrade()
    assert kept(db) == (set(), set())
    history.downgrade("r1")
    after, _ = kept(db)
    assert {(name, unquoted(text)) for name, text in after} == {
        (name, unquoted(text)) for name, text in checks
    }


def unquoted(text: str) -> str:
    return text.replace('"', "").replace("`", "")
