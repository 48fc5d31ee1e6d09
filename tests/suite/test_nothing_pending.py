"""A boot that finds nothing pending is one query: no lock, no write, no rights but SELECT."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Registry
from embedmig.dialects.session import Turn
from embedmig.errors import TargetError
from tests.boot import history
from tests.databases import Database


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """Every statement that goes to the driver through this engine."""
    seen: list[str] = []

    def remember(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", remember)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", remember)


@pytest.mark.parametrize("length", [1, 5, 100])
def test_one_query_whatever_the_length_of_the_history(db: Database, length: int) -> None:
    """Exactly one statement, and it reads the version table."""
    engine = db.engine()
    registry = history(length)
    Migrator(engine, None, registry).upgrade()

    with statements(engine) as seen:
        report = Migrator(engine, None, registry).upgrade()

    assert not report
    assert len(seen) == 1
    assert seen[0].lstrip().startswith("SELECT")
    assert "embedmig_version" in seen[0]


@pytest.mark.parametrize("target", ["head", "r3", "main@head", "main@heads", ["r3"], "r2+1"])
def test_one_query_whatever_names_the_heads(db: Database, target: str | list[str]) -> None:
    """A target that is the heads wherever the database stands costs what "heads" costs."""
    engine, registry = db.engine(), Registry()
    registry.revision("q1", down_revision=None, branch_labels="main")(lambda op: None)
    registry.revision("r2", down_revision="q1")(lambda op: None)
    registry.revision("r3", down_revision="r2")(lambda op: None)
    assert Migrator(engine, None, registry).upgrade(target).after == ("r3",)

    with statements(engine) as seen:
        report = Migrator(engine, None, registry).upgrade(target)

    assert (report.before, report.after, report.steps) == (("r3",), ("r3",), ())
    assert len(seen) == 1


@pytest.mark.parametrize("target", ["nowhere", "head", "", "a:b", 7, ["a", None]])
def test_a_bad_target_is_refused_all_the_same(db: Database, target: Any) -> None:
    engine, registry = db.engine(), Registry()
    registry.revision("a", down_revision=None)(lambda op: None)
    registry.revision("b", down_revision=None)(lambda op: None)
    migrator = Migrator(engine, None, registry)
    migrator.upgrade()
    with pytest.raises(TargetError):
        migrator.upgrade(target)


def test_it_does_not_wait_for_the_lock(db: Database) -> None:
    """While another process migrates, a process with nothing to do returns at once."""
    engine = db.engine()
    registry = history(3)
    Migrator(engine, None, registry).upgrade()
    migrator = Migrator(engine, None, registry, lock_timeout=0.0)
    session = migrator._dialect.session

    with session.open(db.engine()) as holder:
        key = migrator._key()
        if session.locks_in_transaction:
            assert session.begin(holder, Turn(key, "holder", None))
        else:
            assert session.lock(holder, key)

        report = migrator.upgrade()
        migrator.verify()

        session.rollback(holder)

    assert not report
    assert report.waited == 0


def test_a_role_that_may_only_select(db: Database) -> None:
    """Neither CREATE nor INSERT is needed where nothing is pending."""
    engine = db.engine()
    registry = history(3)
    Migrator(engine, None, registry).upgrade()

    with read_only(db, engine) as reader:
        report = Migrator(reader, None, registry).upgrade()

    assert not report
    assert report.after == ("r3",)


def test_the_cache_of_the_engine_does_not_grow_with_revisions(db: Database) -> None:
    """Version and history writes are compiled once, into a cache of embedmig's own."""
    engine = db.engine()
    before = len(engine._compiled_cache)

    Migrator(engine, None, history(30)).upgrade()

    assert len(engine._compiled_cache) - before < 10


@contextmanager
def read_only(db: Database, engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine that cannot write; its password needs escaping in a URL."""
    if db.name == "sqlite":
        reader = sa.create_engine(f"sqlite:///file:{db.url.database}?mode=ro&uri=true")
        yield reader
        reader.dispose()
        return
    name, password = f"em_{secrets.token_hex(4)}", "p%40/:@x"
    create, grant, drop = ROLES[db.name]
    places = {"name": name, "database": db.url.database}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.execute(sa.text(create.format(**places).replace(":@", r"\:@")))
        admin.exec_driver_sql(grant.format(**places))
        reader = sa.create_engine(db.url.set(username=name, password=password))
        try:
            yield reader
        finally:
            reader.dispose()
            for statement in drop.format(**places).split(";"):
                admin.exec_driver_sql(statement)


#: How to create a role, what it may do, and how to be rid of it.
ROLES = {
    "postgresql": (
        "CREATE ROLE {name} LOGIN PASSWORD 'p%40/:@x'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
        "DROP OWNED BY {name};DROP ROLE {name}",
    ),
    "mariadb": (
        "CREATE USER {name} IDENTIFIED BY 'p%40/:@x'",
        "GRANT SELECT ON {database}.* TO {name}",
        "DROP USER {name}",
    ),
}
