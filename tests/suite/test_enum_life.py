"""An enum lives alike everywhere: as a type, as MySQL's ENUM, or as a VARCHAR with a CHECK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import DataWouldBeLost, Irreversible, MigrationFailed
from tests import boot
from tests.databases import Database


def mood() -> sa.Enum:
    return sa.Enum("sad", "ok", name="mood", create_constraint=True, length=20)


def history() -> Registry:
    """Made, widened, used, renamed; each revision stands alone."""
    registry = Registry()

    @registry.revision("made", down_revision=None)
    def made(op: Operations) -> None:
        for table in ("diary", "letter"):
            op.create_table(
                table,
                sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
                sa.Column("mood", mood(), nullable=False, server_default="ok"),
            )

    @registry.revision("widened", down_revision="made")
    def widened(op: Operations) -> None:
        op.add_enum_value("mood", "angry", before="sad")
        op.add_enum_value("mood", "glad")

    @registry.revision("used", down_revision="widened")
    def used(op: Operations) -> None:
        op.bulk_insert(op.table("diary"), [{"id": 1, "mood": "glad"}, {"id": 2, "mood": "ok"}])

    @used.downgrade
    def unused(op: Operations) -> None:
        op.execute("DELETE FROM diary")

    @registry.revision("renamed", down_revision="used")
    def renamed(op: Operations) -> None:
        op.rename_enum_value("mood", "ok", "fine")

    return registry


@pytest.fixture
def engine(db: Database) -> Iterator[sa.Engine]:
    return db.engine()


def moods(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT mood FROM diary ORDER BY id").scalars())


def takes(engine: sa.Engine, table: str, value: str) -> bool:
    """Whether the server takes the value."""
    return boot.takes(engine, f"INSERT INTO {table} (id, mood) VALUES (99, '{value}')")


def test_one_run_and_many_runs_end_alike(engine: sa.Engine) -> None:
    """A value is usable by the next revision, of the same run or of another."""
    registry = history()
    for target in ("made", "widened", "used", "renamed"):
        Migrator(engine, migrations=registry).upgrade(target)
    assert moods(engine) == ["glad", "fine"]
    Migrator(engine, migrations=registry).downgrade("base")
    Migrator(engine, migrations=registry).upgrade()
    assert moods(engine) == ["glad", "fine"]
    for table in ("diary", "letter"):
        assert [takes(engine, table, v) for v in ("angry", "sad", "fine", "glad", "ok")] == [
            True, True, True, True, False,
        ]  # fmt: skip


def test_up_down_up(engine: sa.Engine) -> None:
    migrator = Migrator(engine, migrations=history())
    migrator.upgrade()
    migrator.downgrade("made")
    assert not takes(engine, "diary", "glad")
    assert takes(engine, "letter", "sad")
    migrator.upgrade()
    assert takes(engine, "letter", "angry")


def test_a_value_in_use_stays(engine: sa.Engine) -> None:
    registry = history()
    migrator = Migrator(engine, migrations=registry)
    migrator.upgrade()

    @registry.revision("dropped", down_revision="renamed")
    def dropped(op: Operations) -> None:
        op.drop_enum_value("mood", "glad")

    with pytest.raises(MigrationFailed) as caught:
        Migrator(engine, migrations=registry).upgrade()
    cause = caught.value.__cause__
    assert isinstance(cause, DataWouldBeLost)
    assert (cause.table, cause.column, cause.keys) == ("diary", "mood", (1,))
    assert takes(engine, "letter", "glad"), "nothing was touched"


def test_a_value_goes_where_its_rows_get_another(engine: sa.Engine) -> None:
    registry = history()

    @registry.revision("dropped", down_revision="renamed")
    def dropped(op: Operations) -> None:
        op.drop_enum_value("mood", "glad", replacement="sad")

    Migrator(engine, migrations=registry).upgrade()
    assert moods(engine) == ["sad", "fine"]
    assert not takes(engine, "letter", "glad")


def test_a_default_that_was_replaced_is_not_brought_back_by_halves(engine: sa.Engine) -> None:
    """The value alone would come back, the default would stay what it became."""
    registry = history()

    @registry.revision("dropped", down_revision="renamed")
    def dropped(op: Operations) -> None:
        op.drop_enum_value("mood", "fine", replacement="sad")

    migrator = Migrator(engine, migrations=registry)
    migrator.upgrade()
    with pytest.raises(Irreversible, match=r"default of diary\.mood, letter\.mood"):
        migrator.downgrade("renamed")
    assert migrator.current() == ("dropped",)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM diary")
        connection.exec_driver_sql("INSERT INTO diary (id) VALUES (1)")
    assert moods(engine) == ["sad"]


def test_a_column_that_was_an_enum_is_free_of_its_check(engine: sa.Engine) -> None:
    registry = history()

    @registry.revision("plain", down_revision="renamed")
    def plain(op: Operations) -> None:
        op.alter_column("diary", "mood", type_=sa.String(30))

    Migrator(engine, migrations=registry).upgrade("renamed")
    Migrator(engine, migrations=registry).upgrade()
    assert takes(engine, "diary", "anything")
    assert not takes(engine, "letter", "anything")
