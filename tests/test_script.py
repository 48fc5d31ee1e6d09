"""Rendering: spans, headers, what stops it, and that the same history gives the same bytes."""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.dialects.offline import DATABASES
from embedmig.errors import (
    ConfigurationError,
    InvalidOperation,
    NeedsAutocommit,
    NeedsDatabase,
    UnknownRevision,
)

AT = dt.datetime(2024, 5, 6, 7, 8, 9)


def migrator_of(
    *bodies: Callable[[Operations], Any], url: str = "sqlite://", **options: Any
) -> Migrator:
    """Linear revisions r1, r2 … with these bodies."""
    registry = Registry()
    for number, body in enumerate(bodies, 1):
        registry.revision(
            f"r{number}", down_revision=f"r{number - 1}" if number > 1 else None, **options
        )(body)
    return Migrator(sa.create_engine(url), None, registry)


def make(name: str) -> Callable[[Operations], Any]:
    return lambda op: op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def three() -> Migrator:
    return migrator_of(make("a"), make("b"), make("c"))


@pytest.mark.parametrize("name", DATABASES)
def test_the_same_history_gives_the_same_bytes(name: str) -> None:
    scripts = [
        migrator_of(make("a"), make("b")).render_sql(dialect=name, rendered_at=AT) for _ in range(2)
    ]
    assert scripts[0] == scripts[1]
    assert "rendered 2024-05-06T07:08:09" in scripts[0]


EVERYTHING = """
import datetime, sys
import sqlalchemy as sa
from embedmig import Migrator
from embedmig.dialects.offline import DATABASES
for package in ("examples.flask_app.migrations", "examples.django_less_app.migrations"):
    migrator = Migrator(sa.create_engine("sqlite://"), None, package)
    for name in DATABASES:
        for target in ("heads", "heads:base"):
            sys.stdout.write(
                migrator.render_sql(target, dialect=name, rendered_at=datetime.datetime.min)
            )
"""


def test_and_in_every_process() -> None:
    """Whatever order its sets and dictionaries of names are walked in."""
    root = Path(__file__).parent.parent
    scripts = [
        subprocess.run(
            [sys.executable, "-c", EVERYTHING],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert scripts[0].count(b"CREATE TABLE") > 50
    assert scripts[1:] == [scripts[0], scripts[0]]


def test_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(sa.Engine, "connect", refuse)
    monkeypatch.setattr(sa.Engine, "raw_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in DATABASES:
        assert migrator_of(make("a")).render_sql(dialect=name)


def test_nothing_to_do_is_an_empty_string(three: Migrator) -> None:
    assert three.render_sql("r2", start="r2") == ""
    assert three.render_sql("base") == ""


def revisions(script: str) -> list[str]:
    return re.findall(r"^-- ((?:upgrade to|downgrade from) \w+)", script, re.MULTILINE)


@pytest.mark.parametrize(
    ("target", "start", "steps"),
    [
        ("heads", None, ["upgrade to r1", "upgrade to r2", "upgrade to r3"]),
        ("r2", None, ["upgrade to r1", "upgrade to r2"]),
        ("r1:r3", None, ["upgrade to r2", "upgrade to r3"]),
        ("r1:", None, ["upgrade to r2", "upgrade to r3"]),
        (":r1", None, ["upgrade to r1"]),
        ("+1", "r1", ["upgrade to r2"]),
        ("r3:r1", None, ["downgrade from r3", "downgrade from r2"]),
        ("base", "r2", ["downgrade from r2", "downgrade from r1"]),
        ("-1", "heads", ["downgrade from r3"]),
    ],
)
def test_a_span_leads_up_or_down(
    three: Migrator, target: str, start: str | None, steps: list[str]
) -> None:
    assert revisions(three.render_sql(target, start=start)) == steps


def test_two_starts_and_unknown_names_are_refused(three: Migrator) -> None:
    with pytest.raises(ConfigurationError, match="has a start already"):
        three.render_sql("r1:r2", start="r1")
    with pytest.raises(UnknownRevision):
        three.render_sql("nowhere")
    with pytest.raises(ConfigurationError, match="online_only"):
        three.render_sql(online_only="skip")  # type: ignore[arg-type]  # that is the point


def test_the_header_says_what_for_whom_and_from_where(three: Migrator) -> None:
    lines = three.render_sql("r1:r3", dialect="postgresql", server_version="15.2").splitlines()
    assert lines[0].startswith("-- Upgrade by embedmig, rendered ")
    assert lines[1:5] == [
        "-- database: postgresql 15.2",
        "-- from:     r1",
        "-- to:       r3",
        "-- run it:   psql -v ON_ERROR_STOP=1 -f FILE",
    ]
    assert re.search(r"^--   r2 [0-9a-f]{64}$", "\n".join(lines), re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "version", "client"),
    [
        ("postgresql", "16", "psql -v ON_ERROR_STOP=1 -f FILE"),
        ("sqlite", "3.40", "sqlite3 -bail DATABASE < FILE"),
        ("mariadb", "10.11", "mariadb DATABASE < FILE"),
        ("mysql", "8.4", "mariadb DATABASE < FILE (or mysql)"),
        ("mssql", "15.0", "sqlcmd -b -x -I -f 65001 -i FILE"),
        ("oracle", "19", "sqlplus -S USER@DATABASE @FILE"),
    ],
)
def test_every_database_has_a_default_and_a_client(
    three: Migrator, name: str, version: str, client: str
) -> None:
    head = three.render_sql(dialect=name)
    assert f"-- database: {name} {version}\n" in head
    assert f"-- run it:   {client}" in head


def test_several_heads_are_named_by_labels_or_ids() -> None:
    registry = Registry()
    registry.revision("r1", down_revision=None)(make("a"))
    for id, label in (("r2", "left"), ("r3", "right")):
        registry.revision(id, down_revision="r1", branch_labels=label)(make(id))
    migrator = Migrator(sa.create_engine("sqlite://"), None, registry)
    steps = ["upgrade to r1", "upgrade to r2", "upgrade to r3"]
    assert sorted(revisions(migrator.render_sql(["left@head", "r3"]))) == steps
    assert sorted(revisions(migrator.render_sql("heads"))) == steps
    assert revisions(migrator.render_sql("left@head")) == steps[:2]
    assert revisions(migrator.render_sql("r3", start="r2")) == steps[2:]


def test_a_message_cannot_leave_its_comment() -> None:
    registry = Registry()
    registry.revision("r1", down_revision=None, message="one\nDROP TABLE x;")(make("a"))
    script = Migrator(sa.create_engine("sqlite://"), None, registry).render_sql()
    assert "\nDROP TABLE x" not in script


def asks(op: Operations) -> None:
    op.create_table("a", sa.Column("id", sa.Integer))
    sa.inspect(op.connection)
    op.drop_table("a")


def test_what_only_a_database_knows_names_revision_file_and_line() -> None:
    migrator = migrator_of(make("z"), asks)
    with pytest.raises(NeedsDatabase) as caught:
        migrator.render_sql()
    line = asks.__code__.co_firstlineno + 2
    assert caught.value.revision == "r2"
    assert caught.value.location == f"{__file__}:{line}"


def test_or_a_comment_stands_where_it_would(three: Migrator) -> None:
    script = migrator_of(asks, make("z")).render_sql(online_only="comment")
    assert f"-- NEEDS A DATABASE: op.connection at {__file__}" in script
    assert "CREATE TABLE a" in script
    assert "DROP TABLE a" not in script
    assert "CREATE TABLE z" in script


@pytest.mark.parametrize(
    "declared", ["SELECT 'declared';", lambda dialect: f"SELECT '{dialect}, declared'"]
)
def test_a_revision_may_declare_its_sql(declared: Any) -> None:
    """The tables that it would have made are known to what comes after."""

    def after(op: Operations) -> None:
        op.execute(op.table("a").delete())

    registry = Registry()
    registry.revision("r1", down_revision=None, offline_sql=declared)(asks_first)
    registry.revision("r2", down_revision="r1")(after)
    script = Migrator(sa.create_engine("sqlite://"), None, registry).render_sql()
    assert "declared';\n" in script
    assert "DELETE FROM a;" in script
    assert "declared';;" not in script


def asks_first(op: Operations) -> None:
    op.create_table("a", sa.Column("id", sa.Integer))
    op.connection.close()


def test_what_needs_autocommit_says_how(three: Migrator) -> None:
    def concurrently(op: Operations) -> None:
        op.create_index("ix", "a", ["id"], postgresql_concurrently=True)

    migrator = migrator_of(make("a"), concurrently)
    with pytest.raises(NeedsAutocommit, match="'r2' with transactional=False"):
        migrator.render_sql(dialect="postgresql")


def test_an_unbound_parameter_is_an_error_and_not_a_placeholder() -> None:
    migrator = migrator_of(lambda op: op.execute("UPDATE t SET a = :b"))
    with pytest.raises(InvalidOperation, match="'b' was given no value"):
        migrator.render_sql()


@pytest.mark.parametrize("name", DATABASES)
def test_percent_signs_and_colons_stay_as_they_are(name: str) -> None:
    """No doubling, no placeholders, no RETURNING."""
    table = sa.table("t", sa.column("a"), sa.column("b"))

    def body(op: Operations) -> None:
        op.execute(r"UPDATE t SET a = '50%' WHERE b LIKE '%\:x%'")
        op.execute(table.insert().values(a="100%", b=5))
        op.execute(table.update().where(table.c.b.in_([1, 2])).values(a=None))
        op.execute(table.update().values(b=table.c.b % 7))

    script = migrator_of(body).render_sql(dialect=name)
    assert "UPDATE t SET a = '50%' WHERE b LIKE '%:x%'" in script
    assert "INSERT INTO t (a, b) VALUES ('100%', 5)" in script
    assert "UPDATE t SET a=NULL WHERE t.b IN (1, 2)" in script
    assert "%%" not in script
    assert "RETURNING" not in script


def test_a_comment_at_the_end_of_a_statement_does_not_hide_its_end() -> None:
    script = migrator_of(lambda op: op.execute("SELECT 1 -- one")).render_sql()
    assert "SELECT 1 -- one\n;" in script


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("comment", ["-- one; two", "# one; two"])
def test_nor_does_it_on_mariadb_inside_a_procedure(comment: str, idempotent: bool) -> None:
    script = migrator_of(lambda op: op.execute(f"SELECT 1 {comment}")).render_sql(
        dialect="mariadb", idempotent=idempotent
    )
    assert f"SELECT 1 {comment}\n{';' if idempotent else '$$'}\n" in script


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
        "/* a */ create or replace definer=`a`@`%` procedure p() SELECT 1",
        "-- a\nDROP FUNCTION f",
        "ALTER ALGORITHM = MERGE VIEW v AS SELECT 1",
        "LOCK TABLES t WRITE",
    ],
)
def test_what_no_procedure_holds_is_refused_in_an_idempotent_script(statement: str) -> None:
    migrator = migrator_of(make("a"), lambda op: op.execute(statement))
    with pytest.raises(ConfigurationError, match=r"revision r2: .* cannot stand in a procedure"):
        migrator.render_sql(dialect="mariadb", idempotent=True)
    assert statement in migrator.render_sql(dialect="mariadb")


def test_a_body_with_semicolons_gets_another_delimiter() -> None:
    trigger = "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; SET @b = 2; END"
    script = migrator_of(lambda op: op.execute(trigger)).render_sql(dialect="mariadb")
    assert f"DELIMITER $$\n{trigger}$$\nDELIMITER ;" in script
    taken = f"{trigger} -- $$ // $$0$$"
    script = migrator_of(lambda op: op.execute(taken)).render_sql(dialect="mariadb")
    assert f"DELIMITER $$1$$\n{taken}\n$$1$$\nDELIMITER ;" in script


def test_batches_and_blocks_end_as_their_client_wants_it(three: Migrator) -> None:
    assert ";\nGO\n" in three.render_sql(dialect="mssql")
    oracle = three.render_sql(dialect="oracle")
    assert "WHENEVER SQLERROR EXIT FAILURE ROLLBACK\n" in oracle
    assert re.search(
        r"CREATE TABLE c \(\n\tid INTEGER NOT NULL, \n\tPRIMARY KEY \(id\)\n\)\n/\n", oracle
    )


def test_sqlite_says_plainly_that_it_has_no_blocks(three: Migrator) -> None:
    with pytest.raises(ConfigurationError, match=r"neither IF nor procedures.*start="):
        three.render_sql(idempotent=True)


@pytest.mark.parametrize("name", ["mssql", "oracle"])
def test_an_idempotent_script_guards_every_revision(three: Migrator, name: str) -> None:
    script = three.render_sql(dialect=name, idempotent=True)
    for parent in ("r1", "r2"):
        assert f"WHERE version_num = '{parent}')" in script
    assert "from:     any revision that it knows" in script
    assert re.search(r"EXEC(?:UTE IMMEDIATE |\(N)'CREATE TABLE b", script)


@pytest.mark.parametrize("name", ["postgresql", "mssql"])
def test_a_block_in_a_transaction_holds_nothing_that_leaves_it(name: str) -> None:
    """Each of these is refused, and renders without idempotent=True."""

    def leaves(op: Operations) -> None:
        with op.autocommit_block():
            op.execute("SELECT 1")

    for migrator in (migrator_of(make("a"), transactional=False), migrator_of(leaves)):
        with pytest.raises(ConfigurationError, match="revision r1 runs outside a transaction"):
            migrator.render_sql(dialect=name, idempotent=True)
        assert migrator.render_sql(dialect=name)


def test_blocks_and_one_transaction_exclude_each_other() -> None:
    registry = Registry()
    registry.revision("r1", down_revision=None)(make("a"))
    migrator = Migrator(sa.create_engine("sqlite://"), None, registry, transaction="all")
    with pytest.raises(ConfigurationError, match="exclude each other"):
        migrator.render_sql(dialect="postgresql", idempotent=True)


def test_one_transaction_for_everything() -> None:
    registry = Registry()
    registry.revision("r1", down_revision=None)(make("a"))
    registry.revision("r2", down_revision="r1")(make("b"))
    engine = sa.create_engine("sqlite://")
    script = Migrator(engine, None, registry, transaction="all").render_sql()
    assert script.count("BEGIN IMMEDIATE;") == script.count("\nCOMMIT;") == 1


def test_a_rebuild_is_rendered_from_any_start() -> None:
    """The table as the earlier revisions leave it, its index included."""

    def one(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Text))
        op.create_index("ix", "t", ["n"])

    migrator = migrator_of(one, lambda op: op.alter_column("t", "n", nullable=False))
    script = migrator.render_sql("r1:r2")
    assert 'INSERT OR ABORT INTO "t"' in script
    assert "n TEXT NOT NULL" in script
    assert script.count("CREATE INDEX ix ON t (n)") == 1
    assert "PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;" in script


def test_the_lock_is_the_applications(three: Migrator) -> None:
    """Where the schema is given, the script names the very key."""
    registry = three.registry
    engine = sa.create_engine("postgresql+psycopg://nowhere/x")
    migrator = Migrator(engine, None, registry, version_table_schema="app")
    key = migrator._key()
    assert f"({key.number})" in migrator.render_sql()
    assert f"'{key.name}'" in migrator.render_sql(dialect="mysql")
    assert f"N'{key.name}'" in migrator.render_sql(dialect="mssql")
