"""Going on after a death: what was done, what the code has now, and the way back as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import MigrationFailed, PartialMigration
from embedmig.events import (
    Event,
    OperationFinished,
    OperationStarted,
    RevisionFinished,
    RevisionRetried,
    RevisionStarted,
)
from tests.boot import EFFECTS, effects, history_rows, versions, with_effects
from tests.databases import Database
from tests.suite.test_in_doubt import Died, dying_after

pytestmark = pytest.mark.faults


def body(*tables: str) -> Registry:
    """r1 makes `effects`; r2 makes the tables, and after each a row with its name."""
    registry = with_effects()

    @registry.revision("r2", down_revision="r1", transactional=False)
    def second(op: Operations) -> None:
        for name in tables:
            op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))
            op.bulk_insert(EFFECTS, [{"revision": name}])  # type: ignore[arg-type]  # a lightweight table

    return registry


def die(db: Database, registry: Registry, statement: int) -> sa.Engine:
    """r1, and so many statements of r2."""
    engine = db.engine()
    Migrator(engine, None, registry).upgrade("r1")
    with dying_after(statement), pytest.raises(Died):
        Migrator(engine, None, registry).upgrade()
    return engine


def test_what_is_done_and_what_is_not_is_told_where_the_code_has_changed(db: Database) -> None:
    """The first operation is another one now."""
    engine = die(db, body("a", "b", "c"), 4)
    done = history_rows(engine)[-1][3]

    with pytest.raises(PartialMigration) as caught:
        Migrator(engine, None, body("z", "b", "c")).upgrade()

    assert len(caught.value.done) >= done
    assert caught.value.done[0] == "create table a"
    assert caught.value.missing[0] == "create table z"
    assert "done:     create table a" in str(caught.value)
    assert "not done: create table z" in str(caught.value)
    assert "stamp" in str(caught.value)
    assert "z" not in sa.inspect(engine).get_table_names()
    assert versions(engine) == ["r1"]


def test_what_comes_after_the_point_may_have_changed(db: Database) -> None:
    """It has not happened, so it is done as it stands now."""
    engine = die(db, body("a", "b"), 2)

    Migrator(engine, None, body("a", "c", "d")).upgrade()

    assert effects(engine) == ["a", "c", "d"]
    assert {"a", "c", "d"} <= set(sa.inspect(engine).get_table_names())
    assert history_rows(engine)[-1] == ("r2", "upgrade", "done", 6)


@pytest.mark.only_on("mariadb")
@pytest.mark.parametrize(("statement", "done"), [(1, 0), (3, 2)])
@pytest.mark.parametrize("now", [(), ("z",), ("z", "b", "c")])
def test_an_operation_that_had_begun_and_is_another_one_now(
    db: Database, statement: int, done: int, now: tuple[str, ...]
) -> None:
    """It may have happened, so the code that began it is asked for; with that, the run goes on."""
    tables = ("a", "b", "c")
    engine = die(db, body(*tables), statement)
    begun = tables[done // 2]

    for _ in range(2):  # the complaint does not forget what it is about
        with pytest.raises(PartialMigration) as caught:
            Migrator(engine, None, body(*tables[: done // 2], *now)).upgrade()

        assert len(caught.value.done) == done
        assert caught.value.in_doubt == (f"create table {begun}",)
        assert f"in doubt: create table {begun}" in str(caught.value)
    assert "z" not in sa.inspect(engine).get_table_names()

    Migrator(engine, None, body(*tables)).upgrade()

    assert effects(engine) == list(tables)


@pytest.mark.only_on("postgresql")
def test_an_index_that_was_being_built_and_is_another_one_now(db: Database) -> None:
    """Where DDL is transactional, only what needs autocommit can be in doubt."""

    def registry(name: str) -> Registry:
        made = body()

        def second(op: Operations) -> None:
            op.create_index(name, "effects", ["revision"], postgresql_concurrently=True)

        made.graph["r2"].upgrade_function = second
        return made

    engine = die(db, registry("ix_one"), 1)

    with pytest.raises(PartialMigration) as caught:
        Migrator(engine, None, registry("ix_two")).upgrade()

    assert caught.value.in_doubt == ("create index ix_one on effects",)
    assert [i["name"] for i in sa.inspect(engine).get_indexes("effects")] == ["ix_one"]


@pytest.mark.only_on("mariadb", "postgresql")
def test_an_operation_that_failed_may_be_mended(db: Database) -> None:
    """The database has said that it did not happen, so nothing is in doubt."""

    def registry(column: str) -> Registry:
        made = body("a")

        def second(op: Operations) -> None:
            op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))
            op.create_index("ix_a", "a", [column], postgresql_concurrently=True)

        made.graph["r2"].upgrade_function = second
        return made

    engine = db.engine()
    with pytest.raises(MigrationFailed):
        Migrator(engine, None, registry("nowhere")).upgrade()

    Migrator(engine, None, registry("id")).upgrade()

    assert [i["name"] for i in sa.inspect(engine).get_indexes("a")] == ["ix_a"]
    assert history_rows(engine)[-1] == ("r2", "upgrade", "done", 2)


def test_fewer_operations_than_are_done(db: Database) -> None:
    """The code is shorter now: what is there already is told, and nothing is recorded."""
    engine = die(db, body("a", "b", "c"), 6)

    with pytest.raises(PartialMigration) as caught:
        Migrator(engine, None, body("a")).upgrade()

    assert "done:     create table b" in str(caught.value)
    assert "the code now has 2" in str(caught.value)
    assert versions(engine) == ["r1"]


def test_a_stamp_says_that_somebody_has_seen_to_it(db: Database) -> None:
    """After PartialMigration: finished by hand and stamped, nothing is interrupted any more."""
    engine = die(db, body("a", "b"), 2)
    changed = Migrator(engine, None, body("z"))
    with pytest.raises(PartialMigration):
        changed.upgrade()

    changed.stamp("r2")

    assert changed.status().is_current
    assert changed.status().interrupted == ()
    assert not changed.upgrade()
    assert "running" not in {row[2] for row in history_rows(engine)}


def test_progress_can_be_read_while_it_stands(db: Database) -> None:
    """The history row names every operation that is committed, in words."""
    engine = die(db, body("a", "b"), 4)
    query = sa.text("SELECT operations_done, progress FROM embedmig_history WHERE revision = 'r2'")
    with engine.connect() as connection:
        done, progress = connection.execute(query).one()

    assert json.loads(progress)[:2] == ["create table a", "bulk insert 1 row(s) into effects"]
    assert len(json.loads(progress)) >= done >= 3


def test_data_through_the_connection_happens_once(db: Database) -> None:
    """What op.connection wrote commits with the next record, and is not written again."""

    def registry() -> Registry:
        made = body()

        def second(op: Operations) -> None:
            for name in ("a", "b"):
                op.connection.execute(sa.insert(EFFECTS).values(revision=name))
                op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))
            op.connection.execute(sa.insert(EFFECTS).values(revision="end"))

        made.graph["r2"].upgrade_function = second
        return made

    for statement in (1, 2):
        engine = die(db, registry(), statement)

        Migrator(engine, None, registry()).upgrade()

        assert effects(engine) == ["a", "b", "end"], f"died after statement {statement}"
        db.wipe()


@pytest.mark.parametrize("derived", [True, False])
def test_a_way_back_that_dies_is_finished_before_anything_goes_up(
    db: Database, derived: bool
) -> None:
    """Written or derived, killed after any statement: the next upgrade ends where it should."""

    def registry() -> Registry:
        made = Registry()

        @made.revision("r1", down_revision=None)
        def first(op: Operations) -> None:
            op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))

        @made.revision("r2", down_revision="r1", transactional=False)
        def second(op: Operations) -> None:
            op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))
            op.add_column("t", sa.Column("n", sa.Integer))
            op.create_index("ix_t_n", "t", ["n"])

        if not derived:

            @second.downgrade
            def back(op: Operations) -> None:
                op.drop_index("ix_t_n", "t")
                op.drop_column("t", "n")
                op.drop_table("a")

        return made

    for statement, call in ((1, "upgrade"), (2, "downgrade"), (3, "upgrade"), (3, "downgrade")):
        engine = db.engine()
        Migrator(engine, None, registry()).upgrade()
        with dying_after(statement), pytest.raises(Died):
            Migrator(engine, None, registry()).downgrade("r1")
        assert versions(engine) == ["r1"]

        migrator = Migrator(engine, None, registry())
        if call == "downgrade":
            migrator.downgrade("r1")
            assert "a" not in sa.inspect(engine).get_table_names()
            assert [c["name"] for c in sa.inspect(engine).get_columns("t")] == ["id"]
        migrator.upgrade()

        assert versions(engine) == ["r2"]
        assert [c["name"] for c in sa.inspect(engine).get_columns("t")] == ["id", "n"]
        assert [i["name"] for i in sa.inspect(engine).get_indexes("t")] == ["ix_t_n"]
        assert "a" in sa.inspect(engine).get_table_names()
        assert "running" not in {row[2] for row in history_rows(engine)}
        db.wipe()


def test_a_way_back_that_died_is_finished_on_the_way_to_where_it_led(db: Database) -> None:
    """The version rows stand there already, since they moved when it began."""
    registry = with_effects()

    @registry.revision("r2", down_revision="r1", transactional=False)
    def second(op: Operations) -> None:
        op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))

    migrator = Migrator(db.engine(), None, registry)
    migrator.upgrade()
    with dying_after(1), pytest.raises(Died):
        migrator.downgrade("r1")
    assert migrator.status().interrupted == ("r2",)

    report = migrator.upgrade("r1")

    assert [(s.revision, s.direction, s.resumed) for s in report.steps] == [
        ("r2", "downgrade", True)
    ]
    assert migrator.status().interrupted == ()
    assert not {"a", "b"} & set(sa.inspect(db.engine()).get_table_names())
    assert not migrator.upgrade("r1")


def test_events_of_a_resumed_run(db: Database) -> None:
    """Operations that were done are passed again, numbered alike; the revision finishes once."""
    engine = die(db, body("a", "b"), 2)
    events: list[Event] = []

    report = Migrator(engine, None, body("a", "b"), on_event=events.append).upgrade()

    assert [(step.revision, step.resumed) for step in report.steps] == [("r2", True)]
    assert [type(event) for event in events] == [
        RevisionStarted,
        *[OperationStarted, OperationFinished] * 4,
        RevisionFinished,
    ]
    numbers: list[Any] = [e.number for e in events if isinstance(e, OperationStarted)]
    assert numbers == [1, 2, 3, 4]


def goes_on(op: Operations) -> None:
    """Indexes that cannot be made keep nothing behind them from being done."""
    options = {"postgresql_concurrently": True}  # elsewhere a failure spoils its transaction
    for column in ("nowhere", "nor_here"):
        with suppress(sa.exc.DBAPIError):
            op.create_index("ix_effects", "effects", [column], **options)
    add(op, "a")
    with suppress(sa.exc.DBAPIError):
        op.create_index("ix_effects", "effects", ["nowhere"], **options)
    put(op, "b")
    op.create_index("ix_effects", "effects", ["revision"], **options)
    add(op, "c")
    with suppress(sa.exc.DBAPIError):
        op.create_index("ix_effects", "effects", ["revision"], **options)


def going_on() -> Registry:
    registry = body()
    registry.graph["r2"].upgrade_function = goes_on
    return registry


def test_an_operation_whose_failure_the_body_swallows_is_behind_it(db: Database) -> None:
    """The next one is another one: it is neither left out nor, after a death, done twice."""
    migrator = Migrator(db.engine(), None, going_on())
    migrator.upgrade("r1")
    with dying_after(-1) as count:
        migrator.upgrade()
    for statement in range(count[0] + 1):
        if statement:
            db.wipe()
            die(db, going_on(), statement)
            migrator.upgrade()

        assert effects(db.engine()) == ["a", "b", "c"], f"died after statement {statement}"
        indexes = sa.inspect(db.engine()).get_indexes("effects")
        assert [index["name"] for index in indexes] == ["ix_effects"]
        assert history_rows(db.engine())[-1] == ("r2", "upgrade", "done", 7)


def test_the_row_of_an_interrupted_revision_says_why(db: Database) -> None:
    """Whatever was rolled back with the operation that failed."""
    registry = body("a", "a")
    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, registry).upgrade()

    query = sa.text("SELECT operations_done, error FROM embedmig_history WHERE revision = 'r2'")
    with db.engine().connect() as connection:
        done, error = connection.execute(query).one()
    assert done == 2
    assert "exists" in error


def test_a_body_that_answers_an_error_with_operations_is_not_guessed_at(db: Database) -> None:
    """Passing the failed operation leads it elsewhere: that is told, before anything is done."""

    def answers(op: Operations) -> None:
        try:
            op.create_index("ix", "effects", ["nowhere"], postgresql_concurrently=True)
        except sa.exc.DBAPIError:
            op.create_table("instead", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))

    registry = body()
    registry.graph["r2"].upgrade_function = answers
    refused = []
    for statement in (1, 2, 3):
        engine = die(db, registry, statement)
        there = set(sa.inspect(engine).get_table_names())
        try:
            Migrator(engine, None, registry).upgrade()
        except PartialMigration:
            refused.append(statement)
            assert set(sa.inspect(engine).get_table_names()) == there
        else:
            assert {"instead", "b"} <= set(sa.inspect(engine).get_table_names())
            assert history_rows(engine)[-1] == ("r2", "upgrade", "done", 3)
        db.wipe()
    assert 3 in refused
    assert 1 not in refused


@pytest.mark.only_on("mariadb", "postgresql")
def test_what_could_not_be_made_is_not_taken_for_made(db: Database) -> None:
    """That a table is missing says that a DROP is done, but nothing good of a CREATE."""
    registry = body()

    def second(op: Operations) -> None:
        op.create_index("ix", "nowhere", ["a"], postgresql_concurrently=True)

    registry.graph["r2"].upgrade_function = second
    engine = die(db, registry, 1)

    with pytest.raises(MigrationFailed, match="create index ix on nowhere"):
        Migrator(engine, None, registry).upgrade()

    assert versions(engine) == ["r1"]


# -- blocks, savepoints, and what is not an operation ------------------------------------------


class Points:
    """Where a body dies: at the point whose name is `at`."""

    at: str | None = None

    def __call__(self, name: str) -> None:
        if name == self.at:
            raise Died


def put(op: Operations, name: str) -> None:
    """Write through the connection, so that no number is behind it."""
    op.connection.execute(sa.insert(EFFECTS).values(revision=name))


def add(op: Operations, name: str) -> None:
    op.bulk_insert(EFFECTS, [{"revision": name}])  # type: ignore[arg-type]  # a lightweight table


def revised(second: Callable[[Operations], None], **options: Any) -> Registry:
    """r1 makes `effects` and `t`; r2 is what is given."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("effects", sa.Column("revision", sa.String(20)))
        op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
        )

    registry.revision("r2", down_revision="r1", **options)(second)
    return registry


point = Points()


def written_before_a_block(op: Operations) -> None:
    put(op, "a")
    with op.autocommit_block():
        point("one")
        put(op, "b")
        add(op, "c")


def written_in_a_block(op: Operations) -> None:
    with op.autocommit_block():
        add(op, "a")
        put(op, "b")
    point("one")
    add(op, "c")
    point("two")


def written_between_blocks(op: Operations) -> None:
    with op.autocommit_block():
        put(op, "a")
    put(op, "b")
    point("one")
    with op.autocommit_block():
        point("two")
        put(op, "c")
    point("three")


def written_in_a_savepoint(op: Operations) -> None:
    with op.autocommit_block():
        add(op, "a")
    point("one")
    with op.connection.begin_nested():
        add(op, "b")
    point("two")
    add(op, "c")
    point("three")


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (written_before_a_block, "one"),
        *((written_in_a_block, at) for at in ("one", "two")),
        *((written_between_blocks, at) for at in ("one", "two", "three")),
        *((written_in_a_savepoint, at) for at in ("one", "two", "three")),
    ],
)
@pytest.mark.parametrize("transactional", [True, False])
def test_what_stands_beside_a_block_happens_once(
    db: Database,
    body: Callable[[Operations], None],
    at: str,
    transactional: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What op.connection wrote there is committed with the block, and so not written again."""
    if db.name == "mariadb" and not transactional:
        pytest.skip("DDL commits anyway")
    migrator = Migrator(db.engine(), None, revised(body, transactional=transactional))
    monkeypatch.setattr(point, "at", at)
    with pytest.raises(Died):
        migrator.upgrade()
    monkeypatch.setattr(point, "at", None)

    migrator.upgrade()

    assert effects(db.engine()) == ["a", "b", "c"]
    assert history_rows(db.engine())[-1][2] == "done"


def fails_in_a_block(op: Operations) -> None:
    with suppress(sa.exc.DBAPIError), op.autocommit_block():
        op.drop_index("ix_nowhere", "t", postgresql_concurrently=True)


def fails_and_goes_on(op: Operations) -> None:
    fails_in_a_block(op)
    add(op, "a")


def fails_and_writes(op: Operations) -> None:
    fails_in_a_block(op)
    put(op, "a")


def fails_at_the_end(op: Operations) -> None:
    add(op, "a")
    fails_in_a_block(op)


@pytest.mark.parametrize(
    "body",
    [fails_and_goes_on, fails_and_writes, fails_at_the_end],
    ids=lambda body: body.__name__,
)
def test_an_error_may_leave_a_block_and_be_swallowed(
    db: Database, body: Callable[[Operations], None]
) -> None:
    migrator = Migrator(db.engine(), None, revised(body))

    report = migrator.upgrade()

    assert [step.revision for step in report.steps] == ["r1", "r2"]
    assert effects(db.engine()) == ["a"]
    assert [row[2] for row in history_rows(db.engine())] == ["done", "done"]
    assert not migrator.upgrade()


@pytest.mark.only_on("postgresql")
def test_an_operation_that_failed_in_a_block_may_be_mended(db: Database) -> None:
    def body(column: str) -> Callable[[Operations], None]:
        def second(op: Operations) -> None:
            add(op, "a")
            with op.autocommit_block():
                op.create_index("ix", "t", [column], postgresql_concurrently=True)

        return second

    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, revised(body("nowhere"))).upgrade()
    assert [row[2] for row in history_rows(db.engine())] == ["done", "running"]

    Migrator(db.engine(), None, revised(body("a"))).upgrade()

    assert effects(db.engine()) == ["a"]
    assert [row[2] for row in history_rows(db.engine())] == ["done", "done"]


@pytest.mark.only_on("postgresql")
def test_a_block_is_under_no_timeout_of_the_servers(db: Database) -> None:
    """As all else of a migration."""

    def slow(op: Operations) -> None:
        with op.autocommit_block():
            op.execute("SELECT pg_sleep(0.4)")

    engine = db.engine(connect_args={"options": "-c statement_timeout=200"})
    assert Migrator(engine, None, revised(slow)).upgrade()


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_a_retry_after_a_block_goes_on_behind_it(db: Database, direction: str) -> None:
    """A reader is in the way once: the block is committed, and not run again."""

    def second(op: Operations) -> None:
        with op.autocommit_block():
            add(op, "a")
        op.add_column("t", sa.Column("n", sa.Integer))

    def back(op: Operations) -> None:
        with op.autocommit_block():
            add(op, "b")
        op.drop_column("t", "n")
        add(op, "c")

    def react(event: Event) -> None:
        if isinstance(event, RevisionRetried):
            reader.rollback()

    registry = revised(second)
    registry.graph["r2"].downgrade_function = back
    migrator = Migrator(db.engine(), None, registry, ddl_lock_timeout=0.2, on_event=react)
    migrator.upgrade("r1" if direction == "upgrade" else "r2")
    with db.engine().connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM t"))
        if direction == "upgrade":
            assert [step.resumed for step in migrator.upgrade().steps] == [True]
        else:
            assert [step.resumed for step in migrator.downgrade("r1").steps] == [True]

    assert effects(db.engine()) == (["a"] if direction == "upgrade" else ["a", "b", "c"])
    columns = [column["name"] for column in sa.inspect(db.engine()).get_columns("t")]
    assert columns == (["id", "a", "n"] if direction == "upgrade" else ["id", "a"])
    assert "running" not in {row[2] for row in history_rows(db.engine())}


@pytest.mark.only_on("postgresql", "mariadb")
def test_an_operation_whose_record_cannot_be_written_is_not_done(db: Database) -> None:
    """It is rolled back with the record, and runs again."""

    def second(op: Operations) -> None:
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        assert op.connection is not None  # from here on, the row says what is done
        if not retried:
            holder.execute(sa.text(f"SELECT 1 FROM embedmig_history {its_row} FOR UPDATE"))
        add(op, "a")

    def react(event: Event) -> None:
        if isinstance(event, RevisionRetried):
            holder.rollback()
            retried.append(event)

    its_row = "WHERE revision = 'r2'"
    retried: list[Event] = []
    registry = revised(second, transactional=False, ddl_lock_timeout=1.0)
    soon = {"init_command": "SET innodb_lock_wait_timeout = 1"} if db.name == "mariadb" else {}
    with db.engine().connect() as holder:
        Migrator(db.engine(connect_args=soon), None, registry, on_event=react).upgrade()
        holder.rollback()

    assert effects(db.engine()) == ["a"]
    assert history_rows(db.engine())[-1] == ("r2", "upgrade", "done", 2)
    assert retried


@pytest.mark.only_on("postgresql")
def test_a_commit_that_fails_may_be_swallowed(db: Database) -> None:
    def second(op: Operations) -> None:
        op.create_table(
            "q",
            sa.Column("t", sa.ForeignKey("t.id", deferrable=True, initially="DEFERRED")),
        )
        with suppress(sa.exc.DBAPIError):
            op.execute("INSERT INTO q VALUES (5)")
        add(op, "a")

    Migrator(db.engine(), None, revised(second, transactional=False)).upgrade()

    assert effects(db.engine()) == ["a"]
    with db.engine().connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM q")).scalar() == 0


def test_an_error_may_be_swallowed_in_a_savepoint(db: Database) -> None:
    """The record of what the savepoint took back is not in it."""

    def second(op: Operations) -> None:
        with suppress(sa.exc.DBAPIError), op.connection.begin_nested():
            op.execute(sa.insert(sa.table("nowhere", sa.column("a"))).values(a=1))
        add(op, "a")

    Migrator(db.engine(), None, revised(second, transactional=False)).upgrade()

    assert effects(db.engine()) == ["a"]
    assert history_rows(db.engine())[-1] == ("r2", "upgrade", "done", 2)


def rows_for_a_table_that_grows(op: Operations) -> None:
    op.bulk_insert(op.table("t"), [{"id": 1, "a": 1}])
    op.add_column("t", sa.Column("b", sa.Integer))
    point("one")
    add(op, "a")


def rows_that_move(op: Operations) -> None:
    old = op.table("t")
    new = op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
    op.execute(sa.insert(new).from_select(["id"], sa.select(old.c.id)))
    op.drop_table("t")
    point("one")
    add(op, "a")


@pytest.mark.parametrize(
    "body", [rows_for_a_table_that_grows, rows_that_move], ids=lambda body: body.__name__
)
def test_a_table_is_as_it_was_at_that_point_of_a_resumed_revision(
    db: Database, body: Callable[[Operations], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been done since is not seen while it is passed."""
    migrator = Migrator(db.engine(), None, revised(body, transactional=False))
    monkeypatch.setattr(point, "at", "one")
    with pytest.raises(Died):
        migrator.upgrade()
    monkeypatch.setattr(point, "at", None)

    migrator.upgrade()

    assert effects(db.engine()) == ["a"]
    assert history_rows(db.engine())[-1][2] == "done"


def keys_of_ones_own(op: Operations) -> None:
    op.create_table("cfg", sa.Column("id", sa.Integer, primary_key=True), sa.Column("k", sa.Text))
    cfg = op.table("cfg")
    op.connection.execute(sa.insert(cfg).values(id=1, k="a"))
    op.connection.execute(sa.insert(cfg), [{"id": 2, "k": "b"}, {"id": 3, "k": "c"}])
    op.connection.exec_driver_sql("UPDATE cfg SET k = 'aa' WHERE k = 'a'")
    op.add_column("cfg", sa.Column("extra", sa.Integer))
    op.connection.execute(sa.delete(cfg).where(cfg.c.id == 2))
    point("one")
    op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
    point("two")
    op.connection.execute(sa.insert(cfg).values(id=4, k="d"))


@pytest.mark.parametrize("at", ["one", "two"])
def test_what_the_connection_wrote_is_not_written_again(
    db: Database, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are there: a second INSERT of the same keys would be refused, and for ever."""
    migrator = Migrator(db.engine(), None, revised(keys_of_ones_own, transactional=False))
    monkeypatch.setattr(point, "at", at)
    for _ in range(2):
        with pytest.raises(Died):
            migrator.upgrade()
    monkeypatch.setattr(point, "at", None)

    migrator.upgrade()

    with db.engine().connect() as connection:
        rows = connection.execute(sa.text("SELECT id, k FROM cfg ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(1, "aa"), (3, "c"), (4, "d")]
    assert history_rows(db.engine())[-1][2] == "done"
