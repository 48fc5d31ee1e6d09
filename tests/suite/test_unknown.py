"""Databases that do not fit the code: each has its typed error, and nothing is written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Registry
from embedmig.errors import (
    DatabaseAhead,
    DatabaseUnreachable,
    ForeignDatabase,
    PendingMigrations,
    UnknownRevision,
)
from embedmig.events import WaitingForDatabase
from tests.boot import history, history_rows, versions
from tests.databases import Database
from tests.pictures import picture


@contextmanager
def unchanged(db: Database) -> Iterator[None]:
    """Whatever happens inside, the database is the same afterwards: rows, tables, everything."""
    before = picture(db.engine())
    yield
    assert picture(db.engine()) == before


def readers(migrator: Migrator) -> list[Any]:
    return [migrator.upgrade, migrator.pending, migrator.plan, migrator.verify, migrator.wait]


def test_newer_code_has_migrated_the_database(db: Database) -> None:
    """DatabaseAhead tells the revisions, the heads of this code, and by what and when."""
    Migrator(db.engine(), None, history(4), app_version="2.0").upgrade()
    old = Migrator(db.engine(), None, history(2))

    with unchanged(db):
        for call in [*readers(old), lambda: old.downgrade("r1"), lambda: old.stamp("r1")]:
            with pytest.raises(DatabaseAhead) as caught:
                call()
        status = old.status()

    assert caught.value.unknown == ("r4",)
    assert caught.value.heads == ("r2",)
    assert caught.value.app_version == "2.0"
    assert caught.value.applied_at is not None
    for part in ("r4", "r2", "2.0", "on_ahead"):
        assert part in str(caught.value)
    assert (status.current, status.unknown, status.ahead) == (("r4",), ("r4",), True)
    assert status.pending == ()
    assert not status.is_current


def test_on_ahead_warn_leaves_everything_as_it_is(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Old code may run against a newer schema: the log says so, nothing else happens."""
    Migrator(db.engine(), None, history(4)).upgrade()
    old = Migrator(db.engine(), None, history(2), on_ahead="warn")
    caplog.set_level(logging.WARNING, "embedmig")

    with unchanged(db):
        report = old.upgrade()
        old.verify()

    assert not report
    assert report.after == ("r4",)
    assert [r.levelname for r in caplog.records] == ["WARNING", "WARNING"]
    assert "ahead of this code" in caplog.text


def test_a_branch_of_newer_code_is_ahead_too(db: Database) -> None:
    """One known row and one unknown one, which leads down to a revision of ours."""
    newer = history(2)
    newer.revision("side", down_revision="r1")(lambda op: None)
    Migrator(db.engine(), None, newer).upgrade()

    with unchanged(db), pytest.raises(DatabaseAhead) as caught:
        Migrator(db.engine(), None, history(3)).upgrade()

    assert caught.value.unknown == ("side",)


def strange() -> Registry:
    """Another application's history."""
    registry = Registry()
    registry.revision("zz1", down_revision=None)(lambda op: None)
    registry.revision("zz2", down_revision="zz1")(lambda op: None)
    return registry


def test_another_application_has_migrated_the_database(db: Database) -> None:
    """ForeignDatabase: no chain of history rows leads from there to a revision of ours."""
    Migrator(db.engine(), None, strange()).upgrade()
    ours = Migrator(db.engine(), None, history(2))

    with unchanged(db):
        for call in readers(ours):
            with pytest.raises(ForeignDatabase) as caught:
                call()
        status = ours.status()

    assert caught.value.unknown == ("zz2",)
    assert caught.value.version_table == "embedmig_version"
    assert isinstance(caught.value, UnknownRevision)
    assert "purge=True" in str(caught.value)
    assert (status.unknown, status.ahead) == (("zz2",), False)


@pytest.mark.parametrize("newer", [False, True])
def test_a_base_without_parents_is_followed_to_its_end(db: Database, *, newer: bool) -> None:
    """Oracle keeps its empty string as NULL."""
    Migrator(db.engine(), None, history(3) if newer else strange()).upgrade()
    with db.engine().begin() as connection:
        connection.execute(
            sa.text("UPDATE embedmig_history SET down_revisions = NULL WHERE down_revisions = ''")
        )
    with unchanged(db), pytest.raises(DatabaseAhead if newer else ForeignDatabase):
        Migrator(db.engine(), None, history(2)).upgrade()


def test_a_row_that_nothing_explains_is_foreign(db: Database) -> None:
    """As Alembic leaves it: a version table alone."""
    engine = db.engine()
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        )
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('gone')"))
    with unchanged(db), pytest.raises(ForeignDatabase):
        Migrator(engine, None, history(1), version_table="alembic_version").upgrade()


def test_on_ahead_warn_is_not_for_foreign_databases(db: Database) -> None:
    Migrator(db.engine(), None, strange()).upgrade()
    with unchanged(db), pytest.raises(ForeignDatabase):
        Migrator(db.engine(), None, history(2), on_ahead="warn").upgrade()


def test_purge_makes_a_foreign_database_ours(db: Database) -> None:
    """stamp(purge=True) forgets rows that nobody knows; the history keeps what happened."""
    Migrator(db.engine(), None, strange()).upgrade()
    Migrator(db.engine(), None, history(2)).stamp("r1", purge=True)

    assert versions(db.engine()) == ["r1"]
    assert [row[:2] for row in history_rows(db.engine())][:2] == [
        ("zz1", "upgrade"),
        ("zz2", "upgrade"),
    ]
    with pytest.raises(PendingMigrations):
        Migrator(db.engine(), None, history(2)).verify()


@pytest.mark.parametrize("target", ["nowhere", "zz", "nolabel@head"])
def test_a_target_that_nobody_knows(db: Database, target: str) -> None:
    """Before anything is created."""
    migrator = Migrator(db.engine(), None, history(2))
    for call in (migrator.upgrade, migrator.downgrade, migrator.stamp, migrator.plan):
        with pytest.raises(UnknownRevision):
            call(target)
    assert sa.inspect(db.engine()).get_table_names() == []


# -- unreachable -----------------------------------------------------------------------------


def unreachable(db: Database) -> sa.URL:
    """Where no database answers."""
    if db.name == "sqlite":
        return db.url.set(database="/nowhere/at/all.db")
    return db.url.set(host="127.0.0.1", port=1, query={}, password="se%cret")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_database_that_does_not_answer(db: Database) -> None:
    """DatabaseUnreachable, from the driver's error; it names the URL without the password."""
    migrator = Migrator(sa.create_engine(unreachable(db)), None, history(1))
    for call in (migrator.upgrade, migrator.status, migrator.current, migrator.verify):
        with pytest.raises(DatabaseUnreachable) as caught:
            call()
    assert isinstance(caught.value.__cause__, sa.exc.OperationalError)
    assert "se%cret" not in str(caught.value)
    assert str(db.url.database) in str(caught.value) or db.name == "sqlite"


@pytest.mark.only_on("postgresql", "mariadb")
def test_it_is_waited_for_if_that_was_asked_for(db: Database) -> None:
    """connect_timeout: tried again until then, with an event at every try."""
    for method in ("upgrade", "verify", "wait"):
        events: list[Any] = []
        engine = sa.create_engine(unreachable(db))
        options: Any = {"connect_timeout": 0.5, "on_event": events.append}
        with pytest.raises(DatabaseUnreachable):
            getattr(Migrator(engine, None, history(1), **options), method)()
        assert len(events) >= 2, method
        assert all(isinstance(event, WaitingForDatabase) for event in events)


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_database_that_is_not_there_is_told_at_once(db: Database) -> None:
    """Waiting would not help."""
    url = db.url.set(database="em_no_such_database")
    with pytest.raises(DatabaseUnreachable, match="em_no_such_database"):
        Migrator(sa.create_engine(url), None, history(1), connect_timeout=30).upgrade()
