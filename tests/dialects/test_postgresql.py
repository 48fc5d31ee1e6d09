"""PostgreSQL's SQL: golden text for each directive, and what the server makes of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.exc import ProgrammingError

from embedmig import ops
from embedmig.catalog import Catalog, LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.dialects.postgresql import PostgreSQLDDL
from embedmig.dialects.postgresql_names import joined
from embedmig.errors import DataWouldBeLost, InvalidOperation, UnsupportedOperation
from embedmig.ops.facade import Operations
from tests.databases import Database
from tests.support import apply, recorded, spelled

Directive = Callable[[Operations], Any]


def server(*version: int) -> PostgreSQLDDL:
    """The DDL for a server of this version, without one."""
    dialect = pg.dialect()
    if version:
        dialect.server_version_info = version
    return PostgreSQLDDL(dialect)


def sql(*directives: Directive, ddl: PostgreSQLDDL | None = None) -> list[str]:
    """What the last directive is spelled as, after the others."""
    catalog = Catalog()
    *before, last = directives
    for operation in recorded(*before):
        catalog.observe(operation)
    return spelled(ddl or server(), *recorded(last), catalog=catalog)


def table(op: Operations) -> None:
    op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.String(20), server_default="x"),
    )


# -- golden texts ----------------------------------------------------------------------------

GOLDEN: list[tuple[str, Directive, list[str]]] = [
    (
        "create_table",
        lambda op: op.create_table(
            "item",
            sa.Column("id", sa.BigInteger, primary_key=True),
            sa.Column("label", sa.String(9), index=True, comment="100% it's"),
            sa.Column("parent", sa.ForeignKey("s.item.id", ondelete="CASCADE")),
            comment="c",
            postgresql_tablespace="fast",
            schema="s",
        ),
        [
            "CREATE TABLE s.item ( id BIGSERIAL NOT NULL, label VARCHAR(9), parent BIGINT, "
            "PRIMARY KEY (id), FOREIGN KEY(parent) REFERENCES s.item (id) ON DELETE CASCADE ) "
            "TABLESPACE fast",
            "CREATE INDEX ix_s_item_label ON s.item (label)",
            "COMMENT ON TABLE s.item IS 'c'",
            "COMMENT ON COLUMN s.item.label IS '100% it''s'",
        ],
    ),
    (
        "create_table if_not_exists guards its indexes too",
        lambda op: op.create_table(
            "x", sa.Column("a", sa.Integer, index=True), if_not_exists=True
        ),
        [
            "CREATE TABLE IF NOT EXISTS x ( a INTEGER )",
            "CREATE INDEX IF NOT EXISTS ix_x_a ON x (a)",
        ],
    ),
    (
        "create_table with use_alter",
        lambda op: op.create_table(
            "x", sa.Column("a", sa.ForeignKey("t.id", use_alter=True, name="fk_a"))
        ),
        [
            "CREATE TABLE x ( a INTEGER )",
            "ALTER TABLE x ADD CONSTRAINT fk_a FOREIGN KEY(a) REFERENCES t (id)",
        ],
    ),
    ("drop_table", lambda op: op.drop_table("t", if_exists=True), ["DROP TABLE IF EXISTS t"]),
    ("drop_table quoted", lambda op: op.drop_table("T t", schema="S"), ['DROP TABLE "S"."T t"']),
    ("rename_table", lambda op: op.rename_table("t", "u", schema="s"),
     ["ALTER TABLE s.t RENAME TO u"]),
    ("create_table_comment", lambda op: op.create_table_comment("t", "5%"),
     ["COMMENT ON TABLE t IS '5%'"]),
    ("drop_table_comment", lambda op: op.drop_table_comment("t"), ["COMMENT ON TABLE t IS NULL"]),
    (
        "alter_table_options",
        lambda op: op.alter_table_options(
            "t", postgresql_with={"fillfactor": 70}, postgresql_tablespace="slow"
        ),
        ["ALTER TABLE t SET (fillfactor = 70)", "ALTER TABLE t SET TABLESPACE slow"],
    ),
    (
        "add_column",
        lambda op: op.add_column(
            "t",
            sa.Column(
                "c",
                sa.Integer,
                sa.CheckConstraint("c > 0"),
                sa.ForeignKey("t.id", name="fk"),
                unique=True,
                index=False,
                comment="hey",
                server_default=sa.text("1"),
                nullable=False,
            ),
        ),
        [
            "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1 NOT NULL CHECK (c > 0)",
            "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(c) REFERENCES t (id)",
            "ALTER TABLE t ADD UNIQUE (c)",
            "COMMENT ON COLUMN t.c IS 'hey'",
        ],
    ),
    (
        "add_column inline",
        lambda op: op.add_column(
            "t",
            sa.Column("c", sa.Integer, sa.ForeignKey("u.id", ondelete="CASCADE", name="fk")),
            inline_references=True,
            if_not_exists=True,
        ),
        ["ALTER TABLE t ADD COLUMN IF NOT EXISTS c INTEGER CONSTRAINT fk "
         "REFERENCES u (id) ON DELETE CASCADE"],
    ),
    (
        "add_column inline primary key",
        lambda op: op.add_column(
            "u", sa.Column("id", sa.Integer, primary_key=True), inline_primary_key=True
        ),
        ["ALTER TABLE u ADD COLUMN id SERIAL NOT NULL PRIMARY KEY"],
    ),
    (
        "add_column takes its referent's type",
        lambda op: op.add_column("t", sa.Column("t_b", sa.ForeignKey("t.b"))),
        [
            "ALTER TABLE t ADD COLUMN t_b VARCHAR(20)",
            "ALTER TABLE t ADD FOREIGN KEY(t_b) REFERENCES t (b)",
        ],
    ),
    (
        "add_column generated",
        lambda op: op.add_column(
            "t", sa.Column("c", sa.Integer, sa.Computed("a * 2", persisted=True))
        ),
        ["ALTER TABLE t ADD COLUMN c INTEGER GENERATED ALWAYS AS (a * 2) STORED"],
    ),
    ("drop_column", lambda op: op.drop_column("t", "a", if_exists=True),
     ["ALTER TABLE t DROP COLUMN IF EXISTS a"]),
    ("rename_column", lambda op: op.rename_column("t", "a", "A"),
     ['ALTER TABLE t RENAME COLUMN a TO "A"']),
    (
        "alter_column, everything at once",
        lambda op: op.alter_column(
            "t",
            "a",
            type_=sa.BigInteger,
            nullable=False,
            server_default="5",
            comment="c",
            new_column_name="z",
            postgresql_using="a::bigint",
        ),
        [
            "ALTER TABLE t ALTER COLUMN a TYPE BIGINT USING a::bigint",
            "ALTER TABLE t ALTER COLUMN a SET DEFAULT '5'",
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
            "COMMENT ON COLUMN t.a IS 'c'",
            "ALTER TABLE t RENAME COLUMN a TO z",
        ],
    ),
    (
        "alter_column, taking away",
        lambda op: op.alter_column("t", "b", nullable=True, server_default=None, comment=None),
        [
            "ALTER TABLE t ALTER COLUMN b DROP DEFAULT",
            "ALTER TABLE t ALTER COLUMN b DROP NOT NULL",
            "COMMENT ON COLUMN t.b IS NULL",
        ],
    ),
    (
        "alter_column to identity",
        lambda op: op.alter_column("t", "a", server_default=sa.Identity(start=7)),
        [
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
            "ALTER TABLE t ALTER COLUMN a ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 7)",
            "SELECT setval(pg_get_serial_sequence('t', 'a'), greatest(max(a)::bigint + 1, "
            "nextval(pg_get_serial_sequence('t', 'a'))), false) FROM t",
        ],
    ),
    (
        "alter_column of an identity",
        lambda op: op.alter_column(
            "t",
            "a",
            server_default=sa.Identity(always=True, increment=3, cycle=True),
            existing_server_default=sa.Identity(),
        ),
        ["ALTER TABLE t ALTER COLUMN a SET GENERATED ALWAYS SET INCREMENT BY 3 SET CYCLE"],
    ),
    (
        "alter_column from identity to a default",
        lambda op: op.alter_column(
            "t", "a", server_default="4", existing_server_default=sa.Identity()
        ),
        [
            "ALTER TABLE t ALTER COLUMN a DROP IDENTITY",
            "ALTER TABLE t ALTER COLUMN a SET DEFAULT '4'",
        ],
    ),
    (
        "alter_column no longer generated",
        lambda op: op.alter_column(
            "t", "a", server_default=None, existing_server_default=sa.Computed("b")
        ),
        ["ALTER TABLE t ALTER COLUMN a DROP EXPRESSION"],
    ),
    ("create_primary_key", lambda op: op.create_primary_key("pk", "t", ["a", "b"]),
     ["ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a, b)"]),
    (
        "create_unique_constraint",
        lambda op: op.create_unique_constraint(
            "uq", "t", ["a"], deferrable=True, initially="DEFERRED",
            postgresql_include=["b"], postgresql_nulls_not_distinct=True,
        ),
        ["ALTER TABLE t ADD CONSTRAINT uq UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) "
         "DEFERRABLE INITIALLY DEFERRED"],
    ),
    (
        "create_foreign_key",
        lambda op: op.create_foreign_key(
            "fk", "t", "o.dd", ["a", "b"], ["x", "y"], source_schema="s", referent_schema="r",
            onupdate="CASCADE", ondelete="SET NULL", match="FULL", deferrable=False,
            postgresql_not_valid=True,
        ),
        ['ALTER TABLE s.t ADD CONSTRAINT fk FOREIGN KEY(a, b) REFERENCES r."o.dd" (x, y) '
         "MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE NOT DEFERRABLE NOT VALID"],
    ),
    (
        "create_check_constraint",
        lambda op: op.create_check_constraint(
            "ck", "t", sa.column("b").like("50%"), postgresql_not_valid=True
        ),
        ["ALTER TABLE t ADD CONSTRAINT ck CHECK (b LIKE '50%') NOT VALID"],
    ),
    (
        "create_exclude_constraint",
        lambda op: op.create_exclude_constraint(
            "ex", "t", ("a", "="), (sa.text("int4range(a, a)"), "&&"), using="gist",
            where=sa.text("a > 0"), deferrable=True,
        ),
        ["ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING gist "
         "(a WITH =, int4range(a, a) WITH &&) WHERE (a > 0) DEFERRABLE"],
    ),
    ("drop_constraint", lambda op: op.drop_constraint("uq", "t", if_exists=True),
     ["ALTER TABLE t DROP CONSTRAINT IF EXISTS uq"]),
    ("rename_constraint", lambda op: op.rename_constraint("t", "a", "b"),
     ["ALTER TABLE t RENAME CONSTRAINT a TO b"]),
    (
        "create_index",
        lambda op: op.create_index(
            "ix", "t", ["a", sa.text("lower(b)"), sa.func.upper(sa.column("b"))],
            unique=True, if_not_exists=True, postgresql_using="gist",
            postgresql_ops={"a": "int4_ops"}, postgresql_where=sa.text("b LIKE '5%'"),
            postgresql_include=["c"], postgresql_with={"fillfactor": 50},
            postgresql_nulls_not_distinct=True, postgresql_tablespace="fast",
        ),
        ["CREATE UNIQUE INDEX IF NOT EXISTS ix ON t USING gist "
         "(a int4_ops, lower(b), upper(b)) INCLUDE (c) NULLS NOT DISTINCT "
         "WITH (fillfactor = 50) TABLESPACE fast WHERE b LIKE '5%'"],
    ),
    (
        "create_index concurrently",
        lambda op: op.create_index("ix", "t", ["a"], schema="s", postgresql_concurrently=True),
        ["CREATE INDEX CONCURRENTLY ix ON s.t (a)"],
    ),
    (
        "drop_index",
        lambda op: op.drop_index("ix", schema="s", if_exists=True, postgresql_concurrently=True),
        ["DROP INDEX CONCURRENTLY IF EXISTS s.ix"],
    ),
    ("rename_index", lambda op: op.rename_index("a", "b", schema="s"),
     ["ALTER INDEX s.a RENAME TO b"]),
    ("create_schema", lambda op: op.create_schema("s", if_not_exists=True),
     ["CREATE SCHEMA IF NOT EXISTS s"]),
    ("drop_schema", lambda op: op.drop_schema("s", if_exists=True, cascade=True),
     ["DROP SCHEMA IF EXISTS s CASCADE"]),
    (
        "create_sequence",
        lambda op: op.create_sequence(
            "q", schema="s", start=5, increment=2, cycle=True, data_type=sa.Integer
        ),
        ["CREATE SEQUENCE s.q AS INTEGER INCREMENT BY 2 START WITH 5 CYCLE"],
    ),
    (
        "alter_sequence",
        lambda op: op.alter_sequence("q", increment=5, maxvalue=None, cycle=False),
        ["ALTER SEQUENCE q INCREMENT BY 5 NO MAXVALUE NO CYCLE"],
    ),
    ("drop_sequence", lambda op: op.drop_sequence("q", if_exists=True),
     ["DROP SEQUENCE IF EXISTS q"]),
    ("create_enum", lambda op: op.create_enum("e", ["a", "it's"], schema="s"),
     ["CREATE TYPE s.e AS ENUM ('a', 'it''s')"]),
    (
        "create_enum if_not_exists",
        lambda op: op.create_enum("e", ["a"], if_not_exists=True),
        ["DO $embedmig$ BEGIN CREATE TYPE e AS ENUM ('a'); "
         "EXCEPTION WHEN duplicate_object THEN NULL; END $embedmig$"],
    ),
    ("add_enum_value", lambda op: op.add_enum_value("e", "c", before="b", if_not_exists=True),
     ["ALTER TYPE e ADD VALUE IF NOT EXISTS 'c' BEFORE 'b'"]),
    ("add_enum_value after", lambda op: op.add_enum_value("e", "c", after="b", schema="s"),
     ["ALTER TYPE s.e ADD VALUE 'c' AFTER 'b'"]),
    ("rename_enum_value", lambda op: op.rename_enum_value("e", "a", "z"),
     ["ALTER TYPE e RENAME VALUE 'a' TO 'z'"]),
    ("drop_enum", lambda op: op.drop_enum("e"), ["DROP TYPE IF EXISTS e"]),
    ("execute", lambda op: op.execute("UPDATE t SET b = '5%'"), ["UPDATE t SET b = '5%'"]),
    (
        "bulk_insert into an identity column",
        lambda op: op.bulk_insert(
            sa.table("t", sa.column("id", sa.Integer)), [{"id": op.inline_literal(1, sa.Integer())}]
        ),
        ["INSERT INTO t (id) VALUES (1)"],
    ),
]  # fmt: skip


@pytest.mark.needs_sqlalchemy("2.1", "`postgresql_with` of a table came with it")
@pytest.mark.parametrize(
    ("directive", "expected"), [(d, e) for _, d, e in GOLDEN], ids=[n for n, _, _ in GOLDEN]
)
def test_the_text_of_each_directive(directive: Directive, expected: list[str]) -> None:
    assert sql(table, directive) == expected


@pytest.mark.needs_sqlalchemy("2.1", "`postgresql_with` of a table came with it")
def test_every_verb_has_a_golden_text() -> None:
    verbs = {op.verb for _, directive, _ in GOLDEN for op in recorded(directive)}
    elsewhere = {"batch_alter_table", "drop_enum_value"}
    assert verbs | elsewhere == {operation.verb for operation in ops.OPERATIONS}


def test_a_percent_sign_is_not_doubled_whatever_the_driver() -> None:
    for url in ("postgresql+psycopg://", "postgresql+psycopg2://", "postgresql+asyncpg://"):
        ddl = dialect_for(sa.create_engine(url).dialect).ddl
        made = spelled(
            ddl,
            *recorded(lambda op: op.create_table_comment("t%", "100%")),
        )
        assert made == ["COMMENT ON TABLE \"t%\" IS '100%'"]


# -- what cannot be done is said, and never sent -------------------------------------------------


@pytest.mark.parametrize(
    ("directive", "error", "words"),
    [
        (lambda op: op.drop_column("t", "a", postgresql_casade=True), InvalidOperation, "unknown"),
        (lambda op: op.alter_column("t", "a", using="x"), InvalidOperation, "unknown keyword"),
        (lambda op: op.create_index("i", "t", ["a"], postgresql_wher=1), InvalidOperation, "wher"),
        (lambda op: op.drop_index("i", postgresql_concurently=1), InvalidOperation, "concurently"),
        (lambda op: op.create_table("x", postgresql_fill=1), InvalidOperation, "fill"),
        (lambda op: op.create_sequence("q", strt=1), InvalidOperation, "strt"),
        (lambda op: op.alter_table_options("t", postgresql_partition_by="x"),
         UnsupportedOperation, "afterwards"),
        (lambda op: op.alter_column("t", "a", postgresql_using="a"), InvalidOperation, "type_"),
        (lambda op: op.add_column("t", sa.Column("z", sa.ForeignKey("nowhere.id"))),
         InvalidOperation, "write the type"),
        (lambda op: op.alter_column("t", "a", server_default=sa.Computed("id")),
         UnsupportedOperation, "add it again"),
        (lambda op: op.drop_constraint(None, "t", "unique", columns=["a"]),
         InvalidOperation, "no such constraint"),
        (lambda op: op.create_unique_constraint("x" * 64, "t", ["a"]), InvalidOperation, "exceeds"),
        (lambda op: op.bulk_insert(sa.table("t", sa.column("a")), [{"q": 1}]),
         InvalidOperation, "no column 'q'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_an_error(directive: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        sql(table, directive)


def test_a_generated_column_changes_its_expression_where_the_server_can() -> None:
    def change(op: Operations) -> None:
        op.alter_column(
            "t",
            "a",
            server_default=sa.Computed("id + 2"),
            existing_server_default=sa.Computed("id + 1"),
        )

    assert sql(change, ddl=server(17)) == [
        "ALTER TABLE t ALTER COLUMN a SET EXPRESSION AS (id + 2)"
    ]
    with pytest.raises(UnsupportedOperation, match="17"):
        sql(change, ddl=server(15))


def test_a_batch_is_one_alter_table_where_the_server_takes_it() -> None:
    def change(op: Operations) -> None:
        with op.batch_alter_table("t") as batch:
            batch.add_column(sa.Column("k", sa.Enum("x", "y", name="k")))
            batch.alter_column("a", type_=sa.BigInteger(), nullable=False)
            batch.drop_column("b")
            batch.create_check_constraint("ck", "a > 0")
            batch.alter_column("k", nullable=False)
            batch.rename_column("k", "kind")
            batch.create_index("ix", ["kind"])

    assert sql(table, change) == [
        "CREATE TYPE k AS ENUM ('x', 'y')",
        "ALTER TABLE t ADD COLUMN k k, ALTER COLUMN a TYPE BIGINT, ALTER COLUMN a SET NOT NULL, "
        "DROP COLUMN b, ADD CONSTRAINT ck CHECK (a > 0)",
        "ALTER TABLE t ALTER COLUMN k SET NOT NULL",
        "ALTER TABLE t RENAME COLUMN k TO kind",
        "CREATE INDEX ix ON t (kind)",
    ]


def test_a_batch_runs(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        apply(connection, *recorded(table))
        apply(
            connection,
            *recorded(
                lambda op: _batch(
                    op,
                    lambda b: b.add_column(sa.Column("k", sa.Enum("x", "y", name="k"))),
                    lambda b: b.alter_column("a", type_=sa.BigInteger(), nullable=False),
                    lambda b: b.drop_column("b"),
                    lambda b: b.create_unique_constraint(None, ["a"]),
                    lambda b: b.rename_column("a", "z"),
                    lambda b: b.drop_constraint(None, "unique", columns=["z"]),
                )
            ),
        )
        columns = {c["name"]: c for c in sa.inspect(connection).get_columns("t")}
        assert list(columns) == ["id", "z", "k"]
        assert isinstance(columns["z"]["type"], sa.BigInteger)
        assert sa.inspect(connection).get_unique_constraints("t") == []


def _batch(op: Operations, *changes: Callable[[Any], None]) -> None:
    with op.batch_alter_table("t") as batch:
        for change in changes:
            change(batch)


# -- enum types have a life ------------------------------------------------------------------


def enums(connection: sa.Connection) -> dict[str, list[str]]:
    found: Any = sa.inspect(connection)
    return {enum["name"]: enum["labels"] for enum in found.get_enums()}


def mood(*values: str) -> sa.Enum:
    return sa.Enum(*(values or ("sad", "ok")), name="mood")


def test_a_type_is_made_before_its_first_user_and_goes_with_its_last(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        catalog = LiveCatalog(connection)
        key = sa.Column("id", sa.Integer, primary_key=True)
        apply(connection, ops.CreateTable("a", (key,)), catalog=catalog)
        apply(connection, ops.AddColumn("a", sa.Column("m", mood())), catalog=catalog)
        assert enums(connection) == {"mood": ["sad", "ok"]}
        many = sa.Column("ms", sa.ARRAY(mood()))
        apply(connection, ops.CreateTable("b", (many,)), catalog=catalog)
        apply(connection, ops.DropColumn("a", "m"), catalog=catalog)
        assert enums(connection) == {"mood": ["sad", "ok"]}, "b still uses it"
        apply(connection, ops.DropTable("b"), catalog=catalog)
        assert enums(connection) == {}


def test_the_same_offline() -> None:
    def changes(op: Operations) -> None:
        op.create_table("a", sa.Column("id", sa.Integer))
        op.add_column("a", sa.Column("m", mood()))
        op.create_table("b", sa.Column("m", mood()), schema="s")
        op.drop_column("a", "m")
        op.alter_column("b", "m", type_=sa.Text(), schema="s")

    made = spelled(server(), *recorded(changes))
    assert made == [
        "CREATE TABLE a ( id INTEGER )",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "ALTER TABLE a ADD COLUMN m mood",
        "CREATE TABLE s.b ( m mood )",
        "ALTER TABLE a DROP COLUMN m",
        "ALTER TABLE s.b ALTER COLUMN m TYPE TEXT",
        "DROP TYPE mood",
    ]


def test_up_down_up_passes_with_an_enum(postgresql: Database) -> None:
    """Alembic's second `upgrade` dies with "type already exists"."""
    up = recorded(
        lambda op: op.create_table("a", sa.Column("id", sa.Integer), sa.Column("m", mood())),
        lambda op: op.add_enum_value("mood", "great", after="ok"),
        lambda op: op.add_column("a", sa.Column("n", mood("sad", "ok", "great"))),
    )
    with postgresql.engine().begin() as connection:
        for _ in range(2):
            catalog = LiveCatalog(connection)
            done = []
            for operation in up:
                done.append(catalog.complete(operation))
                apply(connection, operation, catalog=catalog)
            assert enums(connection) == {"mood": ["sad", "ok", "great"]}
            for operation in reversed(done):
                apply(connection, operation.reverse(), catalog=catalog)
            assert enums(connection) == {}


def test_a_value_is_added_in_its_place_without_a_rewrite(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        apply(connection, ops.CreateTable("a", (sa.Column("m", mood()),)))
        before = _file(connection, "a")
        apply(connection, ops.AddEnumValue("mood", "meh", before="ok"))
        apply(connection, ops.AddEnumValue("mood", "great"))
        assert enums(connection) == {"mood": ["sad", "meh", "ok", "great"]}
        assert _file(connection, "a") == before
    with postgresql.engine().begin() as connection:  # the next revision uses it
        connection.exec_driver_sql("INSERT INTO a VALUES ('meh')")


def _file(connection: sa.Connection, table: str) -> Any:
    return connection.exec_driver_sql(f"SELECT pg_relation_filenode('{table}')").scalar_one()


def test_a_value_is_removed_only_when_no_row_holds_it(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        columns = (
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("m", mood("sad", "ok", "odd"), server_default="ok", nullable=False),
            sa.Column("ms", sa.ARRAY(mood("sad", "ok", "odd"))),
        )
        apply(connection, ops.CreateTable("a", columns), ops.CreateIndex("ix", "a", ("m",)))
        connection.exec_driver_sql(
            "INSERT INTO a (m, ms) VALUES ('odd', NULL), ('ok', '{odd,sad}')"
        )
        with pytest.raises(DataWouldBeLost, match="'odd'") as caught:
            apply(connection, ops.DropEnumValue("mood", "odd"))
        assert (caught.value.table, caught.value.column, caught.value.keys) == ("a", "m", (1,))
        apply(connection, ops.DropEnumValue("mood", "odd", replacement="sad"))
        assert enums(connection) == {"mood": ["sad", "ok"]}
        connection.exec_driver_sql("INSERT INTO a DEFAULT VALUES")
        rows = connection.exec_driver_sql("SELECT m::text, ms::text[] FROM a ORDER BY id").all()
        assert [tuple(row) for row in rows] == [
            ("sad", None),
            ("ok", ["sad", "sad"]),
            ("ok", None),
        ]


def test_what_was_numbered_is_asked_where_the_operation_does_not_say() -> None:
    def stop(op: Operations) -> None:
        op.alter_column("t", "id", autoincrement=False)

    def key(*details: Any) -> Directive:
        return lambda op: op.create_table(
            "t", sa.Column("id", sa.Integer, *details, primary_key=True)
        )

    stopped = ["ALTER TABLE t ALTER COLUMN id DROP DEFAULT", "DROP SEQUENCE IF EXISTS t_id_seq"]
    assert sql(key(), stop) == stopped
    assert sql(key(), stop, stop) == []
    with pytest.raises(InvalidOperation, match="existing_autoincrement"):
        sql(stop)
    with pytest.raises(InvalidOperation, match="server_default=None"):
        sql(key(sa.Identity()), stop)
    assert sql(key(sa.Identity()), lambda op: op.alter_column("t", "id", autoincrement=True)) == []


def test_a_sequence_that_the_column_does_not_own_stays(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        connection.exec_driver_sql("CREATE SEQUENCE t_id_seq")
        connection.exec_driver_sql(
            "CREATE TABLE t (id int DEFAULT nextval('t_id_seq') PRIMARY KEY)"
        )
        apply(connection, ops.AlterColumn("t", "id", autoincrement=False))
        assert sa.inspect(connection).has_sequence("t_id_seq")
        assert sa.inspect(connection).get_columns("t")[0]["default"] is None


_OF_THE_TYPE = sa.text("""
SELECT pg_get_userbyid(typowner), obj_description(oid, 'pg_type'), typacl IS NULL,
  ARRAY(SELECT (pg_get_userbyid(grantee), is_grantable)::text FROM aclexplode(typacl) ORDER BY 1)
FROM pg_type WHERE typtype = 'e'
""")


@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.parametrize("schema", [None, "a 'b'"])
def test_a_type_that_is_rebuilt_keeps_comment_privileges_and_owner(
    postgresql: Database, schema: str | None, *, is_public: bool
) -> None:
    enum = sa.Enum("sad", "ok", name="it's %s mood", schema=schema)
    place = '"it\'s %s mood"' if schema is None else '"a \'b\'"."it\'s %s mood"'
    owner, reader, lender = (f'"{role} O\'%s {secrets.token_hex(4)}"' for role in "orl")
    with postgresql.engine().connect() as connection:  # rolled back, the roles too

        def run(*statements: str) -> None:
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

        run("CREATE SCHEMA \"a 'b'\"", *(f"CREATE ROLE {role}" for role in (owner, reader, lender)))
        catalog = apply(connection, ops.CreateTable("a", (sa.Column("m", enum),)))
        plain = connection.execute(_OF_THE_TYPE).one()
        change = (
            ops.AddEnumValue("it's %s mood", "odd", schema=schema),
            ops.DropEnumValue("it's %s mood", "odd", schema=schema),
        )
        apply(connection, *change, catalog=catalog)
        assert connection.execute(_OF_THE_TYPE).one() == plain
        run(
            f"COMMENT ON TYPE {place} IS 'it''s 100% %s'",
            *([] if is_public else [f"REVOKE USAGE ON TYPE {place} FROM PUBLIC"]),
            f"GRANT USAGE ON TYPE {place} TO {reader}",
            f"GRANT USAGE ON TYPE {place} TO {lender} WITH GRANT OPTION",
            f"ALTER TYPE {place} OWNER TO {owner}",
        )
        before = connection.execute(_OF_THE_TYPE).one()
        apply(connection, *change, catalog=catalog)
        assert connection.execute(_OF_THE_TYPE).one() == before
        assert before[0] == owner.strip('"')
        assert len(before[3]) == (4 if is_public else 3)
        connection.rollback()


def test_removing_a_value_offline_rebuilds_the_type() -> None:
    made = sql(
        lambda op: op.create_table(
            "a", sa.Column("m", mood("x", "y"), server_default="x"), sa.Column("n", sa.Integer)
        ),
        lambda op: op.drop_enum_value("mood", "y", replacement="x"),
    )
    assert made.pop(-2).startswith("DO $embedmig$ DECLARE was pg_type; ")
    assert made == [
        "UPDATE a SET m = 'x' WHERE m::text = 'y'",
        "ALTER TYPE mood RENAME TO mood__old",
        "CREATE TYPE mood AS ENUM ('x')",
        "ALTER TABLE a ALTER COLUMN m DROP DEFAULT",
        "ALTER TABLE a ALTER COLUMN m TYPE mood USING m::text::mood",
        "ALTER TABLE a ALTER COLUMN m SET DEFAULT 'x'",
        "DROP TYPE mood__old",
    ]


def test_a_default_that_is_to_be_removed_is_refused() -> None:
    with pytest.raises(InvalidOperation, match="default"):
        sql(
            lambda op: op.create_table("a", sa.Column("m", mood("x", "y"), server_default="y")),
            lambda op: op.drop_enum_value("mood", "y"),
        )


def test_a_column_changes_to_and_from_an_enum_with_its_default(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        column = sa.Column("m", sa.String(9), server_default="ok")
        catalog = apply(connection, ops.CreateTable("a", (column,)))
        connection.exec_driver_sql("INSERT INTO a VALUES ('sad')")
        apply(connection, ops.AlterColumn("a", "m", type_=mood()), catalog=catalog)
        connection.exec_driver_sql("INSERT INTO a DEFAULT VALUES")
        apply(connection, ops.AlterColumn("a", "m", type_=sa.Text()), catalog=catalog)
        assert enums(connection) == {}
        connection.exec_driver_sql("INSERT INTO a DEFAULT VALUES")
        assert connection.exec_driver_sql("SELECT m FROM a").scalars().all() == ["sad", "ok", "ok"]


def test_a_type_that_exists_without_a_value_is_refused() -> None:
    with pytest.raises(InvalidOperation, match="add_enum_value"):
        sql(
            lambda op: op.create_table("a", sa.Column("m", mood("x"))),
            lambda op: op.create_table("b", sa.Column("m", mood("x", "y"))),
        )


def test_a_type_that_something_else_uses_stays(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        apply(connection, ops.CreateTable("a", (sa.Column("m", mood(), server_default="ok"),)))
        connection.exec_driver_sql("CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'")
        apply(connection, ops.DropTable("a"))
        assert enums(connection) == {"mood": ["sad", "ok"]}


def test_create_type_false_is_left_to_its_user() -> None:
    by_hand = pg.ENUM("x", name="e", create_type=False)
    assert sql(lambda op: op.create_table("a", sa.Column("m", by_hand))) == [
        "CREATE TABLE a ( m e )"
    ]


def test_a_domain_is_made_with_its_first_table(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        for name in ("a", "b"):
            domain = pg.DOMAIN("positive", sa.Integer, check="VALUE > 0")
            apply(connection, ops.CreateTable(name, (sa.Column("p", domain),)))
        apply(connection, ops.DropTable("a"), ops.DropTable("b"))
        inspector: Any = sa.inspect(connection)
        assert [d["name"] for d in inspector.get_domains()] == ["positive"]


# -- concurrent indexes ----------------------------------------------------------------------


def test_concurrently_is_marked_as_not_for_a_transaction() -> None:
    catalog = Catalog()
    for operation in recorded(
        lambda op: op.create_index("ix", "t", ["a"], postgresql_concurrently=True),
        lambda op: op.drop_index("ix", "t", postgresql_concurrently=True),
    ):
        (statement,) = server().statements(operation, catalog)
        assert statement.autocommit
        assert "CONCURRENTLY" in str(statement.sql)


def test_a_retried_concurrently_drops_what_was_left_invalid(postgresql: Database) -> None:
    engine = postgresql.engine(isolation_level="AUTOCOMMIT")
    create = ops.CreateIndex(
        "ix", "t", ("a",), unique=True, if_not_exists=True,
        options={"postgresql_concurrently": True},
    )  # fmt: skip
    with engine.connect() as connection:
        apply(connection, *recorded(table))
        connection.exec_driver_sql("INSERT INTO t (a) VALUES (1), (1)")
        with pytest.raises(sa.exc.IntegrityError):
            apply(connection, create)
        assert _valid(connection) is False
        connection.exec_driver_sql("DELETE FROM t")
        apply(connection, create)
        assert _valid(connection) is True


def _valid(connection: sa.Connection) -> Any:
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass"
    return connection.exec_driver_sql(query).scalar_one()


# -- names nobody gave ------------------------------------------------------------------------


def test_the_server_names_constraints_as_we_expect(postgresql: Database) -> None:
    """Dropping by columns works offline too, since the default name is known."""
    long = "a_table_with_a_name_that_is_rather_long_for_a_table"
    create = ops.CreateTable(
        long,
        (
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("column_one_with_a_long_name", sa.Integer),
            sa.Column("ünï", sa.Integer, sa.CheckConstraint('"ünï" > 0')),
            sa.Column("r", sa.ForeignKey(f"{long}.id")),
            sa.UniqueConstraint("column_one_with_a_long_name", "ünï"),
            sa.CheckConstraint("r > 0 AND id > 0"),
        ),
    )
    with postgresql.engine().begin() as connection:
        apply(connection, create)
        real = set(
            connection.exec_driver_sql(
                f"SELECT conname FROM pg_constraint WHERE conrelid = '{long}'::regclass"
                " AND contype <> 'n'"
            ).scalars()
        )
        catalog = Catalog(default_names=server().default_constraint_name)
        catalog.observe(create)
        assert {c.constraint_name for c in catalog.state(long).constraints} == real
        for drop in recorded(
            lambda op: op.drop_constraint(
                None, long, "unique", columns=["column_one_with_a_long_name", "ünï"]
            ),
            lambda op: op.drop_constraint(None, long, "foreignkey", columns=["r"]),
            lambda op: op.drop_constraint(None, long, "primary", if_exists=True),
        ):
            (offline,) = spelled(server(), drop, catalog=catalog)
            connection.exec_driver_sql(offline)


def test_a_taken_default_name_gets_a_number() -> None:
    catalog = Catalog(default_names=server().default_constraint_name)
    for operation in recorded(
        table,
        lambda op: op.create_check_constraint(None, "t", "a > 0"),
        lambda op: op.create_check_constraint(None, "t", "a < 9"),
    ):
        catalog.observe(operation)
    names = [c.constraint_name for c in catalog.state("t").constraints]
    assert names == ["t_pkey", "t_a_check", "t_a_check1"]


def test_names_are_cut_as_the_server_cuts_them() -> None:
    assert joined("t", "a", "key") == "t_a_key"
    assert len(joined("t" * 60, "c" * 60, "fkey")) == 63
    assert joined("t", "", "pkey") == "t_pkey"


# -- data --------------------------------------------------------------------------------------


def test_rows_go_into_an_always_identity_column(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        columns = (
            sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
            sa.Column("a", sa.Integer),
        )
        create = ops.CreateTable("t", columns)
        rows: Any = ({"id": 7, "a": 1}, {"id": 8, "a": 2}, {"a": 3})
        apply(connection, create, ops.BulkInsert(create.to_table(), rows))
        found = connection.exec_driver_sql("SELECT id, a FROM t ORDER BY a").all()
        assert [tuple(row) for row in found] == [(7, 1), (8, 2), (1, 3)]


@pytest.mark.parametrize(("table", "column"), [("t", "nmae"), ("tt", "name")])
@pytest.mark.parametrize("type_", [sa.String(40), sa.Integer(), sa.Enum("a", name="e")])
def test_the_server_tells_which_column_is_missing_whose_type_is_to_change(
    postgresql: Database, table: str, column: str, type_: Any
) -> None:
    engine, words = postgresql.engine(), "does not exist"
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (name VARCHAR(20))")
    with engine.begin() as connection, pytest.raises(ProgrammingError, match=words):
        apply(connection, ops.AlterColumn(table, column, type_=type_))
