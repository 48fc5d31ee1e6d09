"""The version table and the history table: what is written, and that it is a compare-and-set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from embedmig import Migrator, Registry, _sa
from embedmig.dialects import dialect_for
from embedmig.errors import LockLost
from embedmig.graph import Revision
from embedmig.history import ID_LENGTH, Tables, history_values, now
from embedmig.plan import Step
from tests.databases import Database


def step(removed: tuple[str, ...], added: tuple[str, ...], direction: Any = "upgrade") -> Step:
    revision = Revision("new", "old", app_requires=">=2")
    return Step(revision, direction, removed, added, removed, added)


@pytest.fixture
def connection(db: Database) -> Iterator[sa.Connection]:
    with db.engine().connect() as connection:
        yield connection


@pytest.fixture
def tables(connection: sa.Connection) -> Tables:
    made = Tables()
    for table in made.missing(connection):
        connection.execute(made.creation(table))
    return made


def put(connection: sa.Connection, tables: Tables, *ids: str) -> None:
    for id in ids:
        connection.execute(sa.insert(tables.version), {"version_num": id})


# -- the shape -------------------------------------------------------------------------------


def test_what_is_missing_is_known(db: Database) -> None:
    tables = Tables("v", "h")
    with db.engine().begin() as connection:
        assert [t.name for t in tables.missing(connection)] == ["v", "h"]
        assert tables.heads_or_none(connection, in_transaction=True) is None
        assert not tables.has_history(connection)
        connection.execute(tables.creation(tables.version))
        assert [t.name for t in tables.missing(connection)] == ["h"]
        assert tables.heads_or_none(connection) == ()


def test_the_version_table_has_the_shape_of_alembics(
    connection: sa.Connection, tables: Tables
) -> None:
    """One column, the primary key, as wide as an id may be."""
    inspector = sa.inspect(connection)
    (column,) = inspector.get_columns("embedmig_version")
    assert column["name"] == "version_num"
    assert column["type"].length == ID_LENGTH  # type: ignore[attr-defined]  # a VARCHAR
    assert not column["nullable"]
    primary = inspector.get_pk_constraint("embedmig_version")
    assert primary["constrained_columns"] == ["version_num"]


def test_a_table_without_a_database_is_none_and_other_errors_are_errors(db: Database) -> None:
    with db.engine().connect() as connection:
        assert Tables().heads_or_none(connection) is None
        connection.execute(sa.text("CREATE TABLE strange (other INTEGER)"))
        connection.commit()
        with pytest.raises(sa.exc.DBAPIError):
            Tables("strange").heads_or_none(connection)


# -- the version rows ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "removed", "added", "after"),
    [
        ([], (), ("a",), ["a"]),
        (["a"], ("a",), ("b",), ["b"]),
        (["a", "b"], ("a", "b"), ("m",), ["m"]),
        (["m"], ("m",), ("a", "b"), ["a", "b"]),
        (["a"], ("a",), (), []),
        (["a", "x"], ("a",), ("b",), ["b", "x"]),
    ],
)
def test_rows_move_as_told(
    connection: sa.Connection,
    tables: Tables,
    before: list[str],
    removed: tuple[str, ...],
    added: tuple[str, ...],
    after: list[str],
) -> None:
    put(connection, tables, *before)
    tables.move(connection, step(removed, added))
    assert list(tables.heads(connection)) == after


@pytest.mark.parametrize(("removed", "added"), [(("gone",), ("b",)), (("gone",), ())])
def test_a_row_that_is_gone_is_somebody_elses_work(
    connection: sa.Connection, tables: Tables, removed: tuple[str, ...], added: tuple[str, ...]
) -> None:
    """LockLost, whatever the lock said: no revision is ever recorded twice."""
    put(connection, tables, "a")
    with pytest.raises(LockLost, match="gone"):
        tables.move(connection, step(removed, added))


def test_what_was_moved_cannot_be_moved_again(connection: sa.Connection, tables: Tables) -> None:
    put(connection, tables, "old")
    move = step(("old",), ("new",))
    values = history_values(move, app_version="1.0") | {"operations_done": 3, "finished_at": now()}

    tables.move(connection, move)
    tables.record(connection, values)

    assert tables.heads(connection) == ("new",)
    (row,) = tables.rows_of(connection, "new")
    assert (row.status, row.operations_done, row.app_version) == ("done", 3, "1.0")
    with pytest.raises(LockLost):
        tables.move(connection, move)
    tables.record(connection, values)


@pytest.mark.only_on("postgresql")
def test_one_statement_moves_and_records_and_refuses_a_row_that_is_gone(
    connection: sa.Connection,
) -> None:
    """Nobody looks at its answer, so it must fail by itself."""
    session = dialect_for(connection.dialect).session
    tables = Tables(literal=session.literal)
    for table in (tables.version, tables.history):
        connection.execute(tables.creation(table))
    put(connection, tables, "old")
    move = step(("old",), ("new",))
    values = history_values(move, app_version="it's 1%") | {"finished_at": now()}
    text = tables.text_of_both(connection, move, values)
    assert text is not None

    session.raw(connection, text)

    assert tables.heads(connection) == ("new",)
    (row,) = tables.rows_of(connection, "new")
    assert (row.revision, row.app_version) == ("new", "it's 1%")
    with pytest.raises(IntegrityError) as refused:
        session.raw(connection, text)
    assert session.misses_value(refused.value, "embedmig_history", "revision")


def test_a_step_over_several_rows_takes_several_statements(connection: sa.Connection) -> None:
    tables, merge = Tables(literal=repr), step(("a", "b"), ("m",))
    values = history_values(merge, app_version=None)
    assert tables.text_of_both(connection, merge, values) is None


# -- the history -----------------------------------------------------------------------------


def test_a_run_is_recorded_with_all_that_is_known(
    connection: sa.Connection, tables: Tables
) -> None:
    values = history_values(step((), ("new",)), app_version="2.1", status="running")
    tables.record(connection, values)
    (row,) = tables.rows_of(connection, "new")
    assert (row.revision, row.down_revisions, row.direction) == ("new", "old", "upgrade")
    assert (row.app_version, row.app_requires) == ("2.1", ">=2")
    assert row.host
    assert row.pid
    assert abs(row.started_at - now()) < dt.timedelta(minutes=1), "UTC, without a zone"
    assert tables.running(connection) == [row]


def test_a_history_table_that_demands_parents_takes_a_base(connection: sa.Connection) -> None:
    """Older ones do: what is written for a base has not changed."""
    tables = Tables()
    strict = tables.history.to_metadata(sa.MetaData())
    strict.c.down_revisions.nullable = False
    connection.execute(tables.creation(strict))
    base = Step(Revision("new", None), "upgrade", (), ("new",), (), ("new",))
    tables.record(connection, history_values(base, app_version=None))
    (row,) = tables.rows_of(connection, "new")
    assert row.down_revisions == ""


def test_a_running_row_moves_from_number_to_number(
    connection: sa.Connection, tables: Tables
) -> None:
    id = tables.begin_row(
        connection, history_values(step((), ("new",)), app_version=None, status="running")
    )
    tables.update_row(connection, id, 0, operations_done=1, digest="d1")
    with pytest.raises(LockLost):
        tables.update_row(connection, id, 0, operations_done=1, digest="d1")
    tables.update_row(connection, id, 1, operations_done=2, status="done")
    with pytest.raises(LockLost):
        tables.update_row(connection, id, 2, operations_done=3)
    assert tables.running(connection) == []
    assert [row.operations_done for row in tables.rows_of(connection, "new")] == [2]


def test_a_guard_must_be_true(connection: sa.Connection, tables: Tables) -> None:
    values = history_values(step((), ("new",)), app_version=None, status="running")
    id = tables.begin_row(connection, values)
    with pytest.raises(LockLost):
        tables.update_row(connection, id, 0, guard="1 = 0", operations_done=1)
    tables.update_row(connection, id, 0, guard="1 = 1", operations_done=1)


def test_the_newest_row_comes_first(connection: sa.Connection, tables: Tables) -> None:
    for status in ("failed", "done"):
        values = history_values(step((), ("new",)), app_version=None, status=status)
        tables.record(connection, values)
    assert [row.status for row in tables.rows_of(connection, "new")] == ["done", "failed"]


def test_a_long_error_fits(connection: sa.Connection, tables: Tables) -> None:
    values = history_values(step((), ("new",)), app_version=None, status="failed")
    tables.record(connection, values | {"error": "é%" * 5000})
    assert tables.rows_of(connection, "new")[0].error == "é%" * 5000


def test_a_percent_sign_in_a_name_is_one(db: Database) -> None:
    """Whether a statement goes with parameters, with its values written into it, or has none."""
    engine, registry = db.engine(), Registry()
    registry.revision("a1", down_revision=None)(lambda op: None)
    registry.revision("b1", down_revision="a1")(lambda op: None)
    migrator = Migrator(engine, None, registry, version_table="v%s", history_table="100%%h")
    assert len(migrator.upgrade().steps) == 2
    assert not migrator.upgrade()
    assert len(migrator.downgrade("base").steps) == 2
    assert set(sa.inspect(engine).get_table_names()) == {"v%s", "100%%h"}


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_percent_sign_in_a_schema_is_one(db: Database) -> None:
    engine, registry = db.engine(), Registry()
    schema = f"{engine.url.database}%s"
    registry.revision("a1", down_revision=None)(lambda op: None)
    quoted = engine.dialect.identifier_preparer.quote_identifier(schema).replace("%%", "%")
    with engine.begin() as connection:
        _sa.send(connection, f"CREATE SCHEMA {quoted}")
    try:
        migrator = Migrator(engine, None, registry, version_table_schema=schema)
        assert migrator.upgrade().after == migrator.current() == ("a1",)
    finally:
        with engine.begin() as connection:
            _sa.send(
                connection,
                f"DROP SCHEMA {quoted}{' CASCADE' if db.name == 'postgresql' else ''}",
            )
