"""A key that numbers its rows ceases to, and begins again, as an operation says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from tests.boot import takes
from tests.databases import Database

pytestmark = pytest.mark.only_on("postgresql", "mariadb")


def is_numbered(engine: sa.Engine) -> bool:
    """Whether the server finds a number by itself."""
    return takes(engine, "INSERT INTO t (a) VALUES (1)")


def test_a_key_that_nobody_called_numbered_ceases_to_be_and_is_again(db: Database) -> None:
    """An integer key is numbered unless a revision says that it is not."""
    registry = Registry()

    @registry.revision("made", down_revision=None)
    def made(op: Operations) -> None:
        op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
        )
        op.execute("INSERT INTO t (a) VALUES (1)")

    @registry.revision("plain", down_revision="made")
    def plain(op: Operations) -> None:
        op.alter_column("t", "id", autoincrement=False)

    @registry.revision("again", down_revision="plain")
    def again(op: Operations) -> None:
        op.alter_column("t", "id", autoincrement=True)

    engine = db.engine()
    migrator = Migrator(engine, migrations=registry)
    seen = []
    for target in ("made", "plain", "again"):
        migrator.upgrade(target)
        seen.append(is_numbered(engine))
    for target in ("plain", "made"):
        migrator.downgrade(target)
        seen.append(is_numbered(engine))
    assert seen == [True, False, True, False, True]
