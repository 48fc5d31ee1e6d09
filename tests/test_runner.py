"""What a revision costs, and in which order the runner does what it does."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from tests.databases import Database
from tests.suite.test_nothing_pending import statements


def tables(count: int) -> Registry:
    registry = Registry()
    for number in range(1, count + 1):

        def upgrade(op: Operations, number: int = number) -> None:
            op.create_table(f"t{number}", sa.Column("id", sa.Integer, primary_key=True))

        parent = f"r{number - 1}" if number > 1 else None
        registry.revision(f"r{number}", down_revision=parent)(upgrade)
    return registry


def words(statement: str) -> str:
    """Enough of a statement to know it again."""
    return " ".join(statement.split()[:2])


def test_what_a_revision_of_one_operation_sends(db: Database) -> None:
    """The lock, the heads, the work, and the record: each once, whatever the length of the run."""
    engine = db.engine()
    Migrator(engine, None, tables(1)).upgrade()
    with statements(engine) as seen:
        Migrator(engine, None, tables(4)).upgrade()

    created = [i for i, sql in enumerate(seen) if sql.startswith("CREATE TABLE t")]
    assert len(created) == 3
    between = [words(sql) for sql in seen[created[0] : created[1]]]
    assert between == [words(sql) for sql in seen[created[1] : created[2]]]
    assert (
        between[1:]
        == {
            "sqlite": [
                "UPDATE embedmig_version",
                "INSERT INTO",
                "COMMIT",
                "BEGIN IMMEDIATE",
                "SELECT embedmig_version.version_num",
            ],
            "postgresql": [
                "WITH moved",
                "COMMIT AND",
                f"SELECT {seen[created[1] - 2].split()[1]}",
                "SELECT embedmig_version.version_num",
            ],
            "mariadb": ["UPDATE embedmig_version,", "INSERT INTO"],
        }[db.name]
    )


@pytest.mark.only_on("postgresql")
def test_between_two_revisions_the_lock_is_taken_anew(db: Database) -> None:
    engine = db.engine()
    with statements(engine) as seen:
        Migrator(engine, None, tables(3)).upgrade()
    assert sum("pg_try_advisory_xact_lock" in sql for sql in seen) >= 3


def test_the_engines_compiled_cache_does_not_grow_by_the_revision(db: Database) -> None:
    """Statements of ours are compiled once, and never enter the cache of the application."""
    engine = db.engine()
    Migrator(engine, None, tables(2)).upgrade()
    before = len(engine._compiled_cache)  # type: ignore[arg-type]  # an LRU cache
    Migrator(engine, None, tables(30)).upgrade()
    assert len(engine._compiled_cache) <= before + 2  # type: ignore[arg-type]  # an LRU cache


def test_what_watches_the_engine_changes_nothing(db: Database) -> None:
    """Unwatched, statements go past SQLAlchemy's execution; the outcome is the same."""
    watched, alone = db, db.another()
    engine = watched.engine()
    with statements(engine):
        first = Migrator(engine, None, tables(3)).upgrade()
    second = Migrator(alone.engine(), None, tables(3)).upgrade()
    assert [step.revision for step in first.steps] == [step.revision for step in second.steps]
    assert outcome(watched) == outcome(alone)


def outcome(db: Database) -> tuple[object, ...]:
    engine = db.engine()
    history = sa.text(
        "SELECT revision, down_revisions, direction, status, operations_done, digest,"
        " app_version, error FROM embedmig_history ORDER BY id"
    )
    with engine.connect() as connection:
        heads = connection.exec_driver_sql("SELECT version_num FROM embedmig_version").all()
        rows = connection.execute(history).all()
    return sorted(sa.inspect(engine).get_table_names()), heads, rows
