"""A sequence that was altered goes back to what it was."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from tests.databases import Database

pytestmark = pytest.mark.only_on("postgresql", "mariadb")

OPTIONS = {
    "postgresql": "SELECT seqincrement, seqmin, seqmax, seqcycle FROM pg_sequence "
    "WHERE seqrelid = to_regclass('invoice')",
    "mariadb": "SELECT increment, minimum_value, maximum_value, cycle_option FROM invoice",
}


def test_the_way_back_of_options_that_were_never_given(db: Database) -> None:
    engine = db.engine()
    with engine.connect():  # MySQL, it turns out, has none
        if not engine.dialect.supports_sequences:
            pytest.skip("no sequences")
    registry = Registry()

    @registry.revision("made", down_revision=None)
    def made(op: Operations) -> None:
        op.create_sequence("invoice")

    @registry.revision("altered", down_revision="made")
    def altered(op: Operations) -> None:
        op.alter_sequence("invoice", increment=5, minvalue=1, maxvalue=99, cycle=True)

    def options() -> tuple[Any, ...]:
        with engine.connect() as connection:
            return tuple(connection.execute(sa.text(OPTIONS[db.name])).one())

    migrator = Migrator(engine, migrations=registry)
    migrator.upgrade("made")
    before = options()
    migrator.upgrade()
    assert options() != before
    migrator.downgrade("made")
    assert options() == before
