"""What a directive did on MariaDB or MySQL, its reversed operations undo."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Registry
from embedmig.catalog import LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.ops import Operation
from embedmig.ops.facade import Operations
from tests.databases import Database
from tests.dialects.directives import DIRECTIVES, start
from tests.rendering import Live
from tests.suite.test_operations_mysql_family import (
    UNSUPPORTED,
    UNSUPPORTED_ON_MARIADB,
    UNSUPPORTED_ON_MYSQL,
    shown,
)

pytestmark = pytest.mark.slow

#: Where there is no way back, and why.
NO_WAY_BACK = {
    "alter_table_options": "a character set that was never named has no name to go back to",
    "bulk_insert": "rows are the application's",
    "create_enum": "dropping an enum that nobody is known to have made",
    "create_schema": "it was made and dropped, twice, under a guard",
    "drop_constraint.if_exists": "what was not there cannot be made again",
    "drop_constraint.primary": "the server calls every key PRIMARY",
    "drop_column.if_exists": "what was not there cannot be made again",
    "drop_index.if_exists": "what was not there cannot be made again",
    "drop_table.if_exists": "what was not there cannot be made again",
    "execute": "SQL is the application's",
}
#: A guarded creation that found everything there must not take it away again: the replay, not
#: the operation alone, knows whether it did anything.
GUARDED = {name for name in DIRECTIVES if name.endswith(("if_not_exists", "already_there"))}
TRIED = [
    name
    for name in DIRECTIVES
    if name not in {*NO_WAY_BACK, *UNSUPPORTED, *UNSUPPORTED_ON_MARIADB, *UNSUPPORTED_ON_MYSQL}
    and name not in GUARDED
]


class Recording(Live):
    """Keeps every operation as the catalog completes it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.operations: list[Operation] = []

    def apply(self, operation: Operation) -> None:
        completed = self.catalog.complete(operation)
        super().apply(operation)
        self.operations.append(completed)


def sorted_lines(engine: sa.Engine) -> dict[str, list[str]]:
    """The server's own text; a column that was dropped and came back is the last one."""
    return {table: sorted(lines) for table, lines in shown(engine).items()}


@pytest.mark.parametrize("name", TRIED)
def test_the_reversed_operations_bring_back_what_was(mariadb: Database, name: str) -> None:
    engine = mariadb.engine()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        live = Recording(dialect_for(engine.dialect), LiveCatalog(connection), connection)
        start(Operations(live))
        before = sorted_lines(engine)
        live.operations.clear()
        DIRECTIVES[name](Operations(live))
        for operation in [each.reverse() for each in reversed(live.operations)]:
            live.apply(operation)
    assert sorted_lines(engine) == before


@pytest.mark.parametrize("before", [None, "who may enter"])
def test_a_comment_given_as_an_option_is_what_it_was(mariadb: Database, before: str | None) -> None:
    registry = Registry()

    @registry.revision("made", down_revision=None)
    def made(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), comment=before)

    @registry.revision("commented", down_revision="made")
    def commented(op: Operations) -> None:
        op.alter_table_options("t", mysql_comment="it's new")

    engine = mariadb.engine()
    migrator = Migrator(engine, migrations=registry)
    migrator.upgrade()
    assert sa.inspect(engine).get_table_comment("t")["text"] == "it's new"
    migrator.downgrade("made")
    assert sa.inspect(engine).get_table_comment("t")["text"] == before
