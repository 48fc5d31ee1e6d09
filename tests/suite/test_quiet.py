"""A migration tells the application what it asks for, and touches nothing of the application's."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import MigrationFailed
from tests.boot import history, history_rows
from tests.databases import Database

PASSWORD = "p%40/:@word-of-the-role"
SECRET = "value-that-nobody-may-see"

USERS = sa.table("users", sa.column("name", sa.String), sa.column("born", sa.Date))


# -- what belongs to the application ---------------------------------------------------------


def loggers() -> dict[str, tuple[Any, ...]]:
    """The settings of every logger, the root's under ''."""
    known = {
        name: each
        for name, each in logging.root.manager.loggerDict.items()
        if isinstance(each, logging.Logger)
    }
    return {
        name: (each.level, tuple(each.handlers), each.disabled, each.propagate, tuple(each.filters))
        for name, each in {**known, "": logging.root}.items()
    }


def test_no_logger_is_changed_and_nothing_is_printed(
    db: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    """Level, handlers, disabled, propagate and filters are the same before and after."""
    for name in ("app", "app.part", "sqlalchemy.engine", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    engine, registry = db.engine(), history(3)
    engine.connect().close()
    before = loggers()
    disabled = logging.root.manager.disable

    migrator = Migrator(engine, sa.MetaData(), registry)
    migrator.upgrade()
    migrator.status()
    migrator.downgrade("base")
    with pytest.raises(MigrationFailed):
        Migrator(
            engine, None, failing(insert_twice), history_table="h2", version_table="v2"
        ).upgrade()

    after = loggers()
    assert {name: after[name] for name in before} == before
    assert logging.root.manager.disable == disabled
    assert all(after[name][:2] == (0, ()) for name in after if name.startswith("embedmig"))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


# -- what nobody may see ---------------------------------------------------------------------


def insert_twice(op: Operations) -> None:
    op.bulk_insert(USERS, [{"name": SECRET}, {"name": SECRET}])  # type: ignore[arg-type]  # a lightweight table


def insert_twice_by_statements(op: Operations) -> None:
    for _ in range(2):
        op.execute(sa.insert(USERS).values(name=SECRET))


def insert_twice_on_the_connection(op: Operations) -> None:
    for _ in range(2):
        op.connection.execute(sa.insert(USERS), {"name": SECRET})


def insert_a_value_of_the_wrong_type(op: Operations) -> None:
    op.bulk_insert(USERS, [{"name": "x", "born": SECRET}])  # type: ignore[arg-type]  # a lightweight table


def update_to_a_wrong_type(op: Operations) -> None:
    op.execute(sa.insert(USERS).values(name=SECRET))
    op.execute(
        sa.text("UPDATE users SET born = CAST(:value AS date) WHERE 1=1").bindparams(value=SECRET)
    )
    op.execute("INSERT INTO nowhere VALUES (1)")  # for databases that take any date


def translate_the_error(op: Operations) -> None:
    try:
        insert_twice_on_the_connection(op)
    except sa.exc.IntegrityError as error:
        raise RuntimeError("the names are not unique") from error


def insert_after_an_operation_that_failed(op: Operations) -> None:
    needs_savepoint = op.dialect_name == "postgresql"  # elsewhere an error spoils no transaction
    savepoint = op.connection.begin_nested() if needs_savepoint else nullcontext()
    with suppress(sa.exc.DBAPIError), savepoint:
        op.drop_table("nowhere")
    insert_twice_on_the_connection(op)


BODIES: list[Callable[[Operations], None]] = [
    insert_twice,
    insert_twice_by_statements,
    insert_twice_on_the_connection,
    insert_a_value_of_the_wrong_type,
    update_to_a_wrong_type,
    translate_the_error,
    insert_after_an_operation_that_failed,
]


def failing(body: Callable[[Operations], None]) -> Registry:
    registry = Registry()

    @registry.revision("users", down_revision=None)
    def users(op: Operations) -> None:
        op.create_table(
            "users",
            sa.Column("name", sa.String(50), primary_key=True),
            sa.Column("born", sa.Date),
        )

    registry.revision("data", down_revision="users")(body)
    return registry


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_no_bound_value_is_told_to_anybody(
    db: Database, body: Callable[[Operations], None], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the error and its traceback, nor in events, logs and history rows."""
    caplog.set_level(logging.DEBUG, "embedmig")
    events: list[Any] = []
    engine = db.engine()

    with pytest.raises(MigrationFailed) as caught:
        Migrator(engine, None, failing(body), on_event=events.append).upgrade()

    told = "".join(traceback.format_exception(caught.value))
    assert body.__name__ in told, "where it happened is told"
    assert SECRET not in told
    assert SECRET not in repr(caught.value)
    assert SECRET not in repr(events)
    assert SECRET not in caplog.text
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM embedmig_history")).all()
    assert SECRET not in repr(rows)
    assert ("data", "upgrade") in [row[:2] for row in history_rows(engine)]


@pytest.mark.parametrize("body", BODIES[:3], ids=lambda body: body.__name__)
def test_what_went_wrong_is_told_all_the_same(
    db: Database, body: Callable[[Operations], None]
) -> None:
    """The kind of error, the server's code and the statement."""
    with pytest.raises(MigrationFailed) as caught:
        Migrator(db.engine(), None, failing(body)).upgrade()

    assert isinstance(caught.value.__cause__, sa.exc.IntegrityError)
    codes = {"postgresql": "23505", "mariadb": "1062", "sqlite": "UNIQUE constraint failed"}
    assert codes[db.name] in str(caught.value)
    assert "INSERT INTO users" in str(caught.value.__cause__)


def test_a_mistake_in_sql_is_told_in_the_words_of_the_server(db: Database) -> None:
    """What quotes no data is not withheld."""
    registry = failing(lambda op: op.execute("INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(MigrationFailed, match="nowhere"):
        Migrator(db.engine(), None, registry).upgrade()


@contextmanager
def role(db: Database) -> Iterator[sa.URL]:
    """A role with a password that may do everything in this database."""
    name = f"em_{secrets.token_hex(4)}"
    create, grant, drop = {
        "postgresql": (
            f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'",
            f"GRANT ALL ON SCHEMA public TO {name}",
            f"DROP OWNED BY {name};DROP ROLE {name}",
        ),
        "mariadb": (
            f"CREATE USER {name} IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {db.url.database}.* TO {name}",
            f"DROP USER {name}",
        ),
    }[db.name]
    with db.engine(isolation_level="AUTOCOMMIT").connect() as admin:
        raw = {"no_parameters": True}
        admin.exec_driver_sql(create, execution_options=raw)
        admin.exec_driver_sql(grant, execution_options=raw)
        try:
            yield db.url.set(username=name, password=PASSWORD)
        finally:
            for statement in drop.split(";"):
                admin.exec_driver_sql(statement, execution_options=raw)


@pytest.mark.only_on("postgresql", "mariadb")
def test_the_password_is_told_to_nobody(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A password with % and @ works, and stands nowhere; not where the server cannot be reached."""
    caplog.set_level(logging.DEBUG, "embedmig")
    events: list[Any] = []
    with role(db) as url:
        engine = sa.create_engine(url)
        report = Migrator(engine, None, history(2), on_event=events.append).upgrade()
        status = Migrator(engine, None, history(2)).status()
        migrator = repr(Migrator(engine, None, history(2)))
        nobody = sa.create_engine(url.set(port=1))
        with pytest.raises(Exception) as caught:
            Migrator(nobody, None, history(2), lock_timeout=0).upgrade()
        engine.dispose()

    told = "".join(traceback.format_exception(caught.value))
    for text in (told, repr(report), repr(status), repr(events), caplog.text, migrator):
        assert PASSWORD not in text
        assert "word-of-the-role" not in text
