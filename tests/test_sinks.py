"""Sinks: an operation counts, is fingerprinted and watched, wherever its statements go."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from embedmig import Operations
from embedmig.catalog import Catalog, LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.errors import DataWouldBeLost, NeedsAutocommit, NeedsDatabase, UnknownTable
from embedmig.sinks import LiveSink, ReplaySink, ScriptSink
from tests.databases import Database

DIALECTS = [dialect_for(d.dialect()) for d in (sqlite, postgresql, mysql)]


def build(op: Operations) -> None:
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("t", sa.Column("name", sa.String(20)))
    op.execute("INSERT INTO t (id) VALUES (1)")


def test_the_digest_is_the_same_live_offline_and_on_every_database(db: Database) -> None:
    """So a script's history rows and those of upgrade() agree."""
    sinks: list[Any] = [ReplaySink(d, d.ddl.new_catalog()) for d in DIALECTS]
    sinks += [ScriptSink(d, d.ddl.new_catalog(), in_transaction=True) for d in DIALECTS]
    with db.engine().begin() as connection:
        live = dialect_for(connection.dialect)
        sinks.append(LiveSink(live, LiveCatalog(connection), connection))
        for sink in sinks:
            build(Operations(sink))
    assert len({sink.digest for sink in sinks}) == 1
    assert {sink.operations_done for sink in sinks} == {3}
    assert all(sink.current is None for sink in sinks)


def test_the_digest_tells_other_operations_apart() -> None:
    def digest(length: int) -> str:
        sink = ReplaySink(DIALECTS[0], Catalog())
        Operations(sink).add_column("t", sa.Column("name", sa.String(length)))
        return sink.digest

    assert digest(20) == digest(20)
    assert digest(20) != digest(21)


def test_a_replay_keeps_the_operations_and_knows_the_tables() -> None:
    sink = ReplaySink(DIALECTS[1], DIALECTS[1].ddl.new_catalog())
    build(Operations(sink))
    assert [o.verb for o in sink.operations] == ["create_table", "add_column", "execute"]
    assert sink.table("t", None).c.keys() == ["id", "name"]
    with pytest.raises(UnknownTable):
        sink.table("nowhere", None)
    with pytest.raises(NeedsDatabase):
        _ = sink.connection
    assert sink.is_offline


def test_a_table_has_the_databases_defaults_alone(db: Database) -> None:
    """Live or offline, and whether its columns were read from the database or just added."""

    def make(op: Operations) -> sa.Table:
        text = sa.String(20)
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", text, default="python", onupdate="python"),
            sa.Column("b", text, server_default="server"),
            sa.UniqueConstraint("a", name="uq"),
        )
        op.table("t")
        op.add_column("t", sa.Column("c", text, default="python"))
        table = op.table("t")
        op.bulk_insert(table, [{"id": 1}])
        op.execute(table.update().values(b="b"))
        return table

    dialect = dialect_for(db.engine().dialect)
    script = ScriptSink(dialect, dialect.ddl.new_catalog(), in_transaction=True)
    table = make(Operations(script))
    assert "uq" in {constraint.name for constraint in table.constraints}
    assert not [text for written in script.written for text in written.texts if "python" in text]
    with db.engine().connect() as connection:
        live = dialect_for(connection.dialect)
        make(Operations(LiveSink(live, LiveCatalog(connection), connection)))
        found = connection.execute(sa.text("SELECT id, a, b, c FROM t")).one()
    assert tuple(found) == (1, None, "b", None)


def test_what_fails_is_what_is_current(db: Database) -> None:
    with db.engine().connect() as connection:
        dialect = dialect_for(connection.dialect)
        sink = LiveSink(dialect, LiveCatalog(connection), connection)
        with pytest.raises(sa.exc.DBAPIError):
            Operations(sink).execute("INSERT INTO nowhere VALUES (1)")
        assert sink.current is not None
        assert sink.current.verb == "execute"
        assert sink.current_is_data
        assert sink.operations_done == 1  # it counts, since a body may go on


def test_a_percent_sign_and_a_colon_arrive_as_they_are(db: Database) -> None:
    """No driver sees a placeholder where none is."""
    with db.engine().connect() as connection:
        sink = LiveSink(dialect_for(connection.dialect), LiveCatalog(connection), connection)
        op = Operations(sink)
        op.create_table("t", sa.Column("a", sa.String(20), server_default="5%s"))
        op.execute(r"INSERT INTO t (a) VALUES ('100%\:x')")
        op.bulk_insert(op.table("t"), [{"a": "%(b)s"}])
        rows = connection.execute(sa.text("SELECT a FROM t")).scalars().all()
    assert sorted(rows) == sorted(["100%:x", "%(b)s"])


def test_no_statement_of_a_migration_stays_in_the_engines_cache(db: Database) -> None:
    engine = db.engine()
    with engine.connect() as connection:
        before = len(engine._compiled_cache)  # type: ignore[arg-type]  # an LRU cache
        sink = LiveSink(dialect_for(connection.dialect), LiveCatalog(connection), connection)
        build(Operations(sink))
        for number in range(2, 6):
            Operations(sink).execute(f"INSERT INTO t (id) VALUES ({number})")
        assert len(engine._compiled_cache) - before <= 1  # type: ignore[arg-type]  # an LRU cache


def test_what_needs_autocommit_is_refused_before_it_is_sent(postgresql: Database) -> None:
    with postgresql.engine().connect() as connection:
        sink = LiveSink(dialect_for(connection.dialect), LiveCatalog(connection), connection)
        op = Operations(sink)
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        for needs in (
            lambda: op.create_index("ix", "t", ["id"], postgresql_concurrently=True),
            lambda: op.execute("/* all of it */ vacuum analyze t"),
            lambda: op.execute("DROP INDEX CONCURRENTLY ix"),
            lambda: op.execute("REINDEX TABLE CONCURRENTLY t"),
        ):
            with pytest.raises(NeedsAutocommit):
                needs()
        op.execute("REINDEX TABLE t")
        assert connection.execute(sa.text("SELECT count(*) FROM t")).scalar() == 0


def test_a_check_of_the_data_stops_a_change(db: Database) -> None:
    """NOT NULL over rows that are null is told with what to do, before the table is touched."""
    with db.engine().connect() as connection:
        sink = LiveSink(dialect_for(connection.dialect), LiveCatalog(connection), connection)
        op = Operations(sink)
        op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
        )
        op.execute("INSERT INTO t (id) VALUES (1)")
        with pytest.raises((DataWouldBeLost, sa.exc.DBAPIError)):
            op.alter_column("t", "a", nullable=False)
