"""What a Migrator is bound to: any engine, any pool, or a transaction of the caller's."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool, SingletonThreadPool, StaticPool

from embedmig import AsyncMigrator, Migrator, Operations, Registry
from embedmig.errors import ConfigurationError, LockTimeout, MigrationFailed
from tests.boot import effects, history, in_thread, versions
from tests.databases import Database

REVISIONS = ["r1", "r2", "r3"]


def failing_third() -> Registry:
    registry = history(2)

    @registry.revision("r3", down_revision="r2")
    def third(op: Operations) -> None:
        op.create_table("half", sa.Column("id", sa.Integer))
        op.execute("INSERT INTO nowhere VALUES (1)")

    return registry


# -- the caller's transaction ----------------------------------------------------------------


@pytest.mark.only_on("sqlite", "postgresql")
def test_what_the_caller_rolls_back_has_not_happened(db: Database) -> None:
    """Tables, rows, version and history: nothing is left; and nothing was committed before."""
    with db.engine().connect() as connection:
        report = Migrator(connection, None, history(3)).upgrade()
        assert connection.in_transaction()
        assert Migrator(connection, None, history(3)).current() == ("r3",)
        connection.rollback()

    assert [step.revision for step in report.steps] == REVISIONS
    assert sa.inspect(db.engine()).get_table_names() == []


@pytest.mark.only_on("sqlite", "postgresql")
def test_what_the_caller_commits_has_happened(db: Database) -> None:
    """Together with the caller's own work, before and after."""
    with db.engine().begin() as connection:
        connection.execute(sa.text("CREATE TABLE before_it (id INTEGER)"))
        connection.execute(sa.text("INSERT INTO before_it VALUES (1)"))
        Migrator(connection, None, history(3)).upgrade()
        connection.execute(sa.text("INSERT INTO effects VALUES ('mine')"))

    assert effects(db.engine()) == ["mine", *REVISIONS]
    assert versions(db.engine()) == ["r3"]
    with db.engine().connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM before_it")).scalar() == 1


@pytest.mark.only_on("sqlite", "postgresql")
def test_a_revision_that_fails_is_undone_to_its_savepoint(db: Database) -> None:
    """The caller's transaction goes on: the revisions before it are there, half of it is not."""
    with db.engine().begin() as connection:
        with pytest.raises(MigrationFailed) as caught:
            Migrator(connection, None, failing_third()).upgrade()
        assert [step.revision for step in caught.value.applied.steps] == ["r1", "r2"]
        assert Migrator(connection, None, failing_third()).current() == ("r2",)

    assert "half" not in sa.inspect(db.engine()).get_table_names()
    assert versions(db.engine()) == ["r2"]


@pytest.mark.only_on("sqlite", "postgresql")
def test_downgrade_and_stamp_join_too(db: Database) -> None:
    with db.engine().begin() as connection:
        migrator = Migrator(connection, None, history(3))
        migrator.upgrade()
        migrator.downgrade("r1")
        migrator.stamp("r2")
        assert migrator.status().current == ("r2",)

    assert effects(db.engine()) == ["r1"]
    assert versions(db.engine()) == ["r2"]


@pytest.mark.only_on("mariadb")
def test_where_ddl_commits_a_transaction_cannot_be_joined(db: Database) -> None:
    """Refused before anything happens: the caller's work is still its own."""
    with db.engine().connect() as connection:
        with pytest.raises(ConfigurationError, match="Engine instead of a Connection"):
            Migrator(connection, None, history(3)).upgrade()
        connection.rollback()
    assert sa.inspect(db.engine()).get_table_names() == []


def test_a_connection_may_always_read(db: Database) -> None:
    """status, current, pending and verify look through the caller's connection."""
    Migrator(db.engine(), None, history(2)).upgrade()
    with db.engine().connect() as connection:
        migrator = Migrator(connection, None, history(2))
        assert migrator.current() == ("r2",)
        assert migrator.pending() == ()
        migrator.verify()
        assert not migrator.status().pending


@pytest.mark.only_on("postgresql")
def test_a_connection_in_autocommit_has_no_transaction_to_join(db: Database) -> None:
    engine = db.engine(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(ConfigurationError, match="autocommit"):
        Migrator(connection, None, history(1)).upgrade()


@pytest.mark.only_on("sqlite", "postgresql")
def test_what_needs_to_commit_cannot_join(db: Database) -> None:
    """transactional=False and dry_run need the Engine, and say so."""
    with db.engine().connect() as connection:
        with pytest.raises(ConfigurationError, match="pass the Engine"):
            Migrator(connection, None, history(2, outside=(2,))).upgrade()
        connection.rollback()
        with pytest.raises(ConfigurationError, match="dry_run"):
            Migrator(connection, None, history(2)).upgrade(dry_run=True)


@pytest.mark.only_on("sqlite", "postgresql")
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_revision_cannot_end_the_callers_transaction(db: Database, ending: str) -> None:
    """op.connection is the caller's own connection, and still not the revision's to commit."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        getattr(op.connection, ending)()

    with db.engine().connect() as connection:
        with pytest.raises(MigrationFailed, match="do not commit"):
            Migrator(connection, None, registry).upgrade()
        connection.rollback()
        connection.execute(sa.text("CREATE TABLE mine (id INTEGER)"))
        connection.commit()  # and now it may
    assert sa.inspect(db.engine()).get_table_names() == ["mine"]


@pytest.mark.only_on("sqlite", "postgresql")
def test_a_joined_transaction_waits_only_briefly(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits inside a transaction holds up others: a short deadline, whatever was asked."""
    monkeypatch.setattr("embedmig.runner.JOINED_TIMEOUT", 0.3)
    running, finish = threading.Event(), threading.Event()
    registry = history(1)
    body = registry.graph["r1"].upgrade_function
    assert body is not None

    def upgrade(op: Operations) -> None:
        running.set()
        finish.wait(30)
        body(op)

    registry.graph["r1"].upgrade_function = upgrade
    thread, results = in_thread(Migrator(db.engine(), None, registry).upgrade)
    assert running.wait(30)
    with db.engine(connect_args=quick(db)).connect() as connection, pytest.raises(LockTimeout):
        Migrator(connection, None, history(1), lock_timeout=60).upgrade()
    finish.set()
    thread.join()
    assert results


def quick(db: Database) -> dict[str, Any]:
    """SQLite's driver waits by itself, unless told not to."""
    return {"timeout": 0} if db.name == "sqlite" else {}


# -- pools -----------------------------------------------------------------------------------


def threads(count: int, migrate: Any) -> list[Any]:
    start, results = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            results.append(migrate())
        except Exception as error:
            results.append(error)

    running = [threading.Thread(target=run) for _ in range(count)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return results


def test_eight_threads_on_one_shared_connection_in_memory() -> None:
    """StaticPool: every checkout is the same connection, and each revision runs once."""
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    registry = history(3)

    results = threads(8, lambda: Migrator(engine, None, registry).upgrade())

    assert [r for r in results if isinstance(r, Exception)] == []
    assert sorted(s.revision for r in results for s in r.steps) == REVISIONS
    assert effects(engine) == REVISIONS
    engine.dispose()


def test_a_database_in_memory_per_thread() -> None:
    """SingletonThreadPool: a migrator migrates the database of its own thread."""
    engine = sa.create_engine("sqlite://", poolclass=SingletonThreadPool)
    Migrator(engine, None, history(3)).upgrade()
    assert effects(engine) == REVISIONS

    def migrate() -> list[str]:
        assert Migrator(engine, None, history(3)).current() == ()
        Migrator(engine, None, history(3)).upgrade()
        return effects(engine)

    assert threads(3, migrate) == [REVISIONS] * 3
    assert effects(engine) == REVISIONS
    engine.dispose()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"poolclass": NullPool},
        {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 5},
        {"isolation_level": "SERIALIZABLE"},
        {"isolation_level": "AUTOCOMMIT"},
        {"pool_pre_ping": True},
    ],
    ids=["default", "NullPool", "one-connection", "serializable", "autocommit", "pre-ping"],
)
def test_any_engine(db: Database, options: dict[str, Any]) -> None:
    """One connection is enough; the isolation level of the engine is no matter."""
    engine = db.engine(**options)
    registry = history(3, outside=(2,))

    report = Migrator(engine, None, registry).upgrade()
    again = Migrator(engine, None, registry).upgrade()

    assert [step.revision for step in report.steps] == REVISIONS
    assert not again
    assert Migrator(engine, None, registry).status().is_current
    assert effects(db.engine()) == REVISIONS


def test_four_threads_on_a_pool_of_one(db: Database) -> None:
    """Who waits holds no connection that the one who works would need."""
    engine = db.engine(poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=10)
    registry = history(3)
    results = threads(4, lambda: Migrator(engine, None, registry).upgrade())
    assert [r for r in results if isinstance(r, Exception)] == []
    assert sorted(s.revision for r in results for s in r.steps) == REVISIONS


# -- nothing stays ---------------------------------------------------------------------------

SETTINGS = {
    "sqlite": ["PRAGMA foreign_keys", "PRAGMA busy_timeout", "PRAGMA legacy_alter_table"],
    "postgresql": [
        f"SHOW {name}"
        for name in (
            "lock_timeout",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "client_connection_check_interval",
            "application_name",
            "transaction_isolation",
        )
    ],
    "mariadb": [
        f"SELECT @@SESSION.{name}"
        for name in ("lock_wait_timeout", "wait_timeout", "net_read_timeout", "autocommit")
    ],
}


def settings(engine: sa.Engine, db: Database) -> list[Any]:
    with engine.connect() as connection:
        return [connection.execute(sa.text(query)).scalar() for query in SETTINGS[db.name]]


@pytest.mark.parametrize("outcome", ["done", "failed"])
def test_the_pool_gets_back_what_it_gave(db: Database, outcome: str) -> None:
    """Session settings and pragmas are what they were, after success and after failure."""
    engine = db.engine(poolclass=QueuePool, pool_size=1, max_overflow=0)
    if db.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def switch_on(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA busy_timeout = 1234")

    before = settings(engine, db)
    if outcome == "done":
        Migrator(engine, None, history(3, outside=(2,))).upgrade()
    else:
        with pytest.raises(MigrationFailed):
            Migrator(engine, None, failing_third()).upgrade()

    assert settings(engine, db) == before
    assert engine.pool.checkedout() == 0


@pytest.mark.only_on("postgresql", "mariadb")
def test_no_connection_that_migrated_goes_back_to_the_pool(db: Database) -> None:
    """Its plans are stale and its settings are ours: it is closed, on the server too."""
    engine = db.engine(poolclass=QueuePool, pool_size=1, max_overflow=0)
    own = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}[db.name]
    seen: list[Any] = []
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        seen.append(op.connection.exec_driver_sql(own).scalar())

    Migrator(engine, None, registry).upgrade()

    with engine.connect() as connection:
        assert connection.exec_driver_sql(own).scalar() not in seen
        table = {
            "postgresql": "SELECT pid FROM pg_stat_activity",
            "mariadb": "SELECT id FROM information_schema.processlist",
        }[db.name]
        for _ in range(100):
            alive = connection.exec_driver_sql(table).scalars().all()
            if seen[0] not in alive:
                break
        assert seen[0] not in alive


@pytest.mark.only_on("sqlite")
@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit=False is new in Python 3.12")
@pytest.mark.parametrize("autocommit", [True, False])
def test_the_drivers_new_transaction_modes(db: Database, autocommit: bool) -> None:
    """Whatever mode the application chose is there again afterwards."""
    engine = db.engine(
        connect_args={"autocommit": autocommit}, poolclass=QueuePool, pool_size=1, max_overflow=0
    )
    Migrator(engine, None, history(3, outside=(2,))).upgrade()
    with engine.connect() as connection:
        assert connection.connection.driver_connection.autocommit is autocommit
    assert effects(engine) == REVISIONS


@pytest.mark.parametrize("bind", [None, "sqlite://", sa.MetaData()])
def test_anything_else_is_refused(bind: Any) -> None:
    with pytest.raises(ConfigurationError, match="an Engine or a Connection"):
        Migrator(bind)


def test_a_bind_that_translates_schemas_is_refused(db: Database) -> None:
    """It would make tables in one schema and look for them in another; nothing is asked of it."""
    engine, words = db.engine(), r"search_path.*version_table_schema"
    translating = engine.execution_options(schema_translate_map={None: "tenant"})
    for options in ({"bind": translating}, {"bind": engine, "lock_engine": translating}):
        with pytest.raises(ConfigurationError, match=words):
            Migrator(**options)
    with translating.connect() as connection, pytest.raises(ConfigurationError, match=words):
        Migrator(connection)
    assert Migrator(engine.execution_options(schema_translate_map={}), None, history(1)).upgrade()


def test_an_async_bind_that_translates_schemas_is_refused() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    translating = engine.execution_options(schema_translate_map={None: "tenant"})
    with pytest.raises(ConfigurationError, match="schema_translate_map"):
        AsyncMigrator(translating)
