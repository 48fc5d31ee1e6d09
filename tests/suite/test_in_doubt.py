"""The process dies between a statement and its record: the next boot looks, and decides.

Every directive, killed after each of its statements, where nothing is undone by a rollback: the
next boot ends exactly as an undisturbed run, and what stands behind the directive happens once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry, journal, sinks
from embedmig.errors import MigrationFailed
from tests.boot import EFFECTS, effects, history_rows
from tests.databases import Database
from tests.dialects.directives import DIRECTIVES, Directive, start
from tests.pictures import picture
from tests.suite.test_operations_mysql_family import shown

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def unnamed_unique(op: Operations) -> None:
    op.create_unique_constraint(None, "bare", ["a", "b"])


def unnamed_foreign_key(op: Operations) -> None:
    op.create_foreign_key(None, "bare", "team", ["b"], ["id"])


def unnamed_check(op: Operations) -> None:
    op.create_check_constraint(None, "bare", "b <> 10")


def two_unnamed_checks(op: Operations) -> None:
    op.create_check_constraint(None, "bare", "b <> 10")
    op.create_check_constraint(None, "bare", "b <> 11")


def unnamed_in_a_column(op: Operations) -> None:
    op.add_column("bare", sa.Column("c", sa.Integer, sa.ForeignKey("team.id"), unique=True))
    op.add_column("bare", sa.Column("d", sa.Integer, index=True))


def dropped_and_made_again(op: Operations) -> None:
    """The name is there before and after: only the definition tells."""
    op.drop_index("ix_account_name", "account")
    op.create_index("ix_account_name", "account", ["name", "email"])
    op.drop_constraint("uq_account_email", "account", "unique")
    op.create_unique_constraint("uq_account_email", "account", ["email", "name"])


def renamed_to_and_fro(op: Operations) -> None:
    op.rename_table("bare", "other")
    op.rename_table("other", "bare")
    op.rename_column("bare", "a", "z")
    op.rename_column("bare", "z", "a")


def renamed_and_altered(op: Operations) -> None:
    op.alter_column("bare", "b", new_column_name="c", type_=sa.BigInteger(), nullable=False)


def raw_ddl(op: Operations) -> None:
    op.execute("CREATE TABLE raw (a INTEGER PRIMARY KEY, b INTEGER)")
    op.execute("ALTER TABLE raw ADD COLUMN c INTEGER")
    op.execute("CREATE INDEX ix_raw ON raw (b)")
    op.execute("CREATE VIEW shown AS SELECT a FROM raw")
    op.execute("DROP VIEW shown")


def raw_data(op: Operations) -> None:
    op.execute("INSERT INTO team (id, name) VALUES (7, 'x')")
    op.execute("UPDATE team SET name = replace(name, 'x', 'xx')")
    op.execute("DELETE FROM team WHERE id = 8")


def batch_of_everything(op: Operations) -> None:
    with op.batch_alter_table("bare") as batch:
        batch.add_column(sa.Column("c", sa.Integer, server_default="1"))
        batch.alter_column("b", nullable=False)
        batch.create_unique_constraint("uq_bare", ["a"])
        batch.create_index("ix_bare", ["b"])


def schema(op: Operations) -> None:
    op.create_schema("em_in_doubt")
    op.drop_schema("em_in_doubt")


OWN: dict[str, Directive] = {
    function.__name__: function
    for function in (
        unnamed_unique,
        unnamed_foreign_key,
        unnamed_check,
        two_unnamed_checks,
        unnamed_in_a_column,
        dropped_and_made_again,
        renamed_to_and_fro,
        renamed_and_altered,
        raw_ddl,
        raw_data,
        batch_of_everything,
        schema,
    )
}
#: `em_shop` is the name of a database of the whole server, which other tests make too.
ALL = {name: function for name, function in DIRECTIVES.items() if name != "create_schema"} | OWN
#: What a database refuses. (PostgreSQL: the enum that `start` has made is a type, with values.)
REFUSED = {
    ("mariadb", "alter_column.to_computed"),
    ("mariadb", "create_exclude_constraint"),
    ("mariadb", "create_foreign_key.deferrable"),
    ("mariadb", "create_index.expression"),
    ("postgresql", "add_column.computed"),
    ("postgresql", "alter_column.to_computed"),
    ("postgresql", "alter_column.to_enum"),
    ("sqlite", "create_exclude_constraint"),
    ("sqlite", "create_sequence"),
    ("sqlite", "create_sequence.if_not_exists"),
    ("sqlite", "create_table.schema"),
    ("sqlite", "schema"),
}


class Died(BaseException):
    """What kill -9 is, as seen from a test: nobody catches it, and the connection is gone."""


def registry(directive: Directive) -> Registry:
    """r1 makes the tables; r2 is the directive, and an effect that can be counted."""
    made = Registry()

    @made.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("effects", sa.Column("revision", sa.String(20)))
        start(op)

    @made.revision("r2", down_revision="r1", transactional=False)
    def second(op: Operations) -> None:
        directive(op)
        op.bulk_insert(EFFECTS, [{"revision": "r2"}])  # type: ignore[arg-type]  # a lightweight table

    return made


@contextmanager
def dying_after(number: int) -> Iterator[list[int]]:
    """Die when so many statements have run, or failed; the list counts them."""
    execute, send, count = sinks.execute, journal.send, [0]

    def ran() -> None:
        count[0] += 1
        if count[0] == number:
            raise Died

    def counted(*arguments: Any) -> None:
        try:
            execute(*arguments)
        finally:
            ran()

    def sent(connection: sa.Connection, sql: str) -> Any:
        try:
            return send(connection, sql)
        finally:
            if "\n;" in sql:  # a block with DDL in it
                ran()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sinks, "execute", counted)
        patch.setattr(journal, "send", sent)
        yield count


def seen(engine: sa.Engine) -> dict[str, Any]:
    """The schema (in the server's own words where it has some), rows, version, history."""
    done = [row for row in history_rows(engine) if row[2] != "failed"]
    if engine.dialect.name == "mysql":
        return shown(engine) | {"rows": rows(engine), "history": done}
    with warnings.catch_warnings():  # of what reflection leaves out, before and after alike
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        return picture(engine, leave_out={"embedmig_history"}) | {"history": done}


def rows(engine: sa.Engine) -> dict[str, list[str]]:
    """What stands in every table but the history, sorted."""
    names = set(sa.inspect(engine).get_table_names()) - {"embedmig_history"}
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM `{name}`")))
            for name in sorted(names)
        }


@pytest.mark.only_on("mariadb", "postgresql", "sqlite")
@pytest.mark.parametrize("name", ALL)
def test_the_operation_in_doubt_happens_exactly_once(db: Database, name: str) -> None:
    """Die after each statement of the revision, boot again, and compare with an undisturbed run."""
    engine = db.engine()
    migrator = Migrator(engine, None, registry(ALL[name]))
    migrator.upgrade("r1")
    try:
        with dying_after(-1) as count:
            migrator.upgrade()
    except MigrationFailed as error:
        if (db.name, name) not in REFUSED:
            raise
        pytest.skip(str(error.__cause__))
    wanted = seen(engine)
    assert effects(engine) == ["r2"]
    for number in range(1, count[0] + 1):
        db.wipe()
        migrator.upgrade("r1")
        with dying_after(number), pytest.raises(Died):
            migrator.upgrade()

        migrator.upgrade()

        assert seen(engine) == wanted, f"died after statement {number} of {count[0]}"
