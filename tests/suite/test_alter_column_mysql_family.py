"""MODIFY takes the whole column: whatever an operation does not change is there afterwards."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from embedmig import Migrator, Registry
from embedmig.catalog import LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.dialects.mysql_columns import ColumnText, definitions
from embedmig.errors import DataWouldBeLost, InvalidOperation, UnknownTable, UnsupportedOperation
from embedmig.ops import AlterColumn, CreateTable
from embedmig.ops.facade import Operations
from tests.databases import Database
from tests.rendering import Live, Migration, ours

EVERYTHING = """
CREATE TABLE t (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int(10) unsigned zerofill NOT NULL DEFAULT 5 COMMENT 'it''s a \\\\ "quoted" 100% :x',
  ratio decimal(10,2) DEFAULT 1.50,
  changed datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  seen timestamp NULL DEFAULT NULL,
  word varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'a''b',
  token varchar(40) NOT NULL DEFAULT (uuid()),
  kind enum('a','b''c','d,e') CHARACTER SET latin1 COLLATE latin1_german1_ci DEFAULT 'a',
  flags set('x','y') DEFAULT NULL,
  total int(11) GENERATED ALWAYS AS (amount + 1) VIRTUAL COMMENT 'sum',
  stored int(11) GENERATED ALWAYS AS (amount + 2) STORED,
  hidden int(11) INVISIBLE DEFAULT 3,
  `Order by` int(11) DEFAULT NULL COMMENT 'reserved',
  KEY word (word)
)
"""
MARIADB_ONLY = """
ALTER TABLE t
  ADD COLUMN doc json DEFAULT NULL COMMENT 'a document',
  ADD COLUMN checked int(11) NOT NULL DEFAULT 1 CHECK (checked > 0),
  ADD COLUMN packed text COMPRESSED DEFAULT NULL
"""
COLUMNS = (
    "amount", "ratio", "changed", "seen", "word", "token", "kind", "flags", "total", "stored",
    "hidden", "Order by", "doc", "checked", "packed",
)  # fmt: skip


@pytest.fixture
def engine(mariadb: Database) -> sa.Engine:
    engine = mariadb.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql(EVERYTHING.replace("%", "%%"))
        if engine.dialect.is_mariadb:
            connection.exec_driver_sql(MARIADB_ONLY)
    return engine


def run(engine: sa.Engine, *migrations: Migration) -> list[str]:
    """Run each as a revision of its own, and return the statements."""
    lines: list[str] = []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for migration in migrations:
            live = Live(dialect_for(engine.dialect), LiveCatalog(connection), connection)
            migration(Operations(live))
            lines += live.lines
    return lines


def columns(engine: sa.Engine, table: str = "t") -> dict[str, ColumnText]:
    with engine.connect() as connection:
        return definitions(connection.exec_driver_sql(f"SHOW CREATE TABLE {table}").one()[1])


def differing(before: ColumnText, after: ColumnText) -> set[str]:
    return {f.name for f in fields(ColumnText) if getattr(before, f.name) != getattr(after, f.name)}


def alter(column: str, **changes: Any) -> Migration:
    return lambda op: op.alter_column("t", column, **changes)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_new_comment_changes_nothing_but_the_comment(engine: sa.Engine, column: str) -> None:
    if column not in columns(engine):
        pytest.skip("a column of MariaDB's")
    before = columns(engine)
    run(engine, alter(column, comment="new, it's \\ 100%"))
    after = columns(engine)
    assert differing(before[column], after[column]) == {"comment"}
    assert {k: v for k, v in after.items() if k != column} == {
        k: v for k, v in before.items() if k != column
    }
    query = (
        "SELECT column_comment FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND table_name = 't' AND column_name = :name"
    )
    with engine.connect() as connection:
        comment = connection.execute(sa.text(query), {"name": column}).scalar()
    assert comment == "new, it's \\ 100%"


@pytest.mark.parametrize("column", COLUMNS)
def test_a_renamed_column_is_the_same_column(engine: sa.Engine, column: str) -> None:
    before = columns(engine)
    if column not in before:
        pytest.skip("a column of MariaDB's")
    run(engine, alter(column, new_column_name="new name"))
    after = columns(engine)
    assert differing(before[column], after["new name"]) <= {"check"}
    assert (after["new name"].check or "").replace("new name", column) == (
        before[column].check or ""
    )
    assert list(after) == ["new name" if name == column else name for name in before]


@pytest.mark.parametrize("column", [c for c in COLUMNS if c not in ("total", "stored")])
def test_rename_and_comment_at_once_keep_the_rest(engine: sa.Engine, column: str) -> None:
    before = columns(engine)
    if column not in before:
        pytest.skip("a column of MariaDB's")
    run(engine, alter(column, new_column_name="new", comment="said"))
    after = columns(engine)
    assert differing(before[column], after["new"]) <= {"check", "comment"}
    assert (before[column].check is None) == (after["new"].check is None)


@pytest.mark.parametrize("column", ["ratio", "seen", "kind", "flags", "hidden", "Order by"])
def test_not_null_changes_nothing_but_null(engine: sa.Engine, column: str) -> None:
    before = columns(engine)
    run(engine, alter(column, nullable=False))
    assert differing(before[column], columns(engine)[column]) == {"nullable"}
    run(engine, alter(column, nullable=True))
    assert columns(engine)[column] == before[column]


def test_auto_increment_stays_when_the_key_gets_wider(engine: sa.Engine) -> None:
    before = columns(engine)["id"]
    run(engine, alter("id", type_=mysql.BIGINT(unsigned=True)))
    after = columns(engine)["id"]
    assert differing(before, after) == {"type"}
    assert after.auto_increment
    run(engine, alter("id", autoincrement=False))
    assert differing(after, columns(engine)["id"]) == {"auto_increment"}
    run(engine, alter("id", autoincrement=True))
    assert columns(engine)["id"] == after


def test_a_longer_string_keeps_character_set_and_collation(engine: sa.Engine) -> None:
    before = columns(engine)["word"]
    run(engine, alter("word", type_=sa.String(50)))
    after = columns(engine)["word"]
    assert differing(before, after) == {"type"}
    run(engine, alter("word", type_=sa.String(50, collation="latin1_swedish_ci")))
    assert columns(engine)["word"].collate == "latin1_swedish_ci"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sa.String(20), sa.String(20, collation="latin1_bin")),
        (sa.String(20), mysql.VARCHAR(20, charset="latin1")),
        (sa.String(20, collation="latin1_bin"), sa.String(20, collation="utf8mb4_bin")),
        (sa.String(20, collation="latin1_bin"), sa.String(50)),
        (sa.Text(), sa.Integer()),
        (sa.JSON(), sa.Text()),
        (sa.Text(), sa.JSON()),
    ],
)
def test_a_type_comes_back_with_the_collation_that_it_had(
    mariadb: Database, before: Any, after: Any
) -> None:
    """A script names the same types, there and back, as are there afterwards."""
    engine = mariadb.engine()
    registry = Registry()
    registry.revision("r1", down_revision=None)(
        lambda op: op.create_table("t", sa.Column("c", before))
    )
    registry.revision("r2", down_revision="r1")(lambda op: op.alter_column("t", "c", type_=after))
    migrator = Migrator(engine, None, registry)
    migrator.upgrade("r1")
    was = columns(engine)["c"]
    migrator.upgrade("r2")
    changed = columns(engine)["c"]
    assert changed.type != was.type or changed.collate != was.collate
    migrator.downgrade("r1")
    assert columns(engine)["c"] == was
    for way, wanted in (("r1:r2", changed), ("r2:r1", was)):
        (text,) = re.findall(r"ALTER TABLE t MODIFY .*", migrator.render_sql(way))
        with engine.begin() as connection:
            connection.exec_driver_sql(text.rstrip(";"))
        assert columns(engine)["c"] == wanted


def test_a_squashed_longer_string_keeps_its_collation(mariadb: Database) -> None:
    """A completed operation says the collation that it keeps, since it says what was before."""
    ddl = dialect_for(mariadb.engine().dialect).ddl
    catalog = ddl.new_catalog()
    collated = sa.Column("c", sa.String(20, collation="latin1_bin"))
    catalog.observe(CreateTable("t", (collated,)))
    completed: Any = catalog.complete(AlterColumn("t", "c", type_=sa.String(50)))
    assert completed.type_.collation == "latin1_bin"
    catalog.observe(completed)
    assert catalog.column("t", "c").type.collation == "latin1_bin"  # type: ignore[union-attr]  # it is there


def test_current_timestamp_follows_the_precision_of_the_type(engine: sa.Engine) -> None:
    run(engine, alter("changed", type_=mysql.DATETIME(fsp=3)))
    after = columns(engine)["changed"]
    assert after.type.lower() == "datetime(3)"
    assert str(after.default).lower() == str(after.on_update).lower() == "current_timestamp(3)"
    run(engine, alter("changed", type_=sa.DateTime()))
    assert str(columns(engine)["changed"].default).lower().startswith("current_timestamp")


def test_a_new_default_replaces_on_update_as_well(engine: sa.Engine) -> None:
    run(engine, alter("changed", server_default=sa.text("CURRENT_TIMESTAMP(6)")))
    after = columns(engine)["changed"]
    assert after.on_update is None
    assert str(after.default).lower() == "current_timestamp(6)"


@pytest.mark.parametrize(
    ("default", "shown"),
    [
        ("it's", "'it''s'"),
        (sa.text("'x'"), "'x'"),
        (sa.text("uuid()"), "uuid()"),
        (sa.func.concat("a", "b"), "concat('a','b')"),
        (None, None),
    ],
)
def test_a_default_of_any_sort_can_be_set(engine: sa.Engine, default: Any, shown: Any) -> None:
    before = columns(engine)["token"]
    run(engine, alter("token", server_default=default))
    after = columns(engine)["token"]
    written = None if after.default is None else after.default.strip("()").lower()
    assert written == (None if shown is None else shown.strip("()"))
    assert differing(before, after) <= {"default"}


def test_a_dropped_default_lets_a_nullable_column_be_left_out(engine: sa.Engine) -> None:
    run(engine, alter("ratio", server_default=None))
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t (amount) VALUES (1)")
        assert connection.exec_driver_sql("SELECT ratio FROM t").scalar() is None


@pytest.mark.only_on("mariadb")
def test_a_document_that_becomes_text_is_no_longer_checked(engine: sa.Engine) -> None:
    if "doc" not in columns(engine):
        pytest.skip("MySQL's JSON is a type of its own")
    run(engine, alter("doc", type_=sa.Text()))
    after = columns(engine)["doc"]
    assert after.check is None
    assert after.comment == "'a document'"


def test_a_generated_column_gets_another_expression(engine: sa.Engine) -> None:
    run(engine, alter("total", server_default=sa.Computed("amount + 10", persisted=False)))
    assert "10" in str(columns(engine)["total"].generated)
    with pytest.raises(UnsupportedOperation, match="drop the column and add it again"):
        run(engine, alter("total", server_default=sa.Computed("amount + 1", persisted=True)))


def test_a_column_can_be_given_a_place(engine: sa.Engine) -> None:
    def migration(op: Operations) -> None:
        with op.batch_alter_table("t") as batch:
            batch.add_column(sa.Column("first", sa.Integer), insert_before="id")
            batch.add_column(sa.Column("second", sa.Integer), insert_before="ratio")
            batch.alter_column("flags", insert_after="id")

    run(engine, migration)
    names = list(columns(engine))
    assert names[:2] == ["first", "id"]
    assert names.index("flags") == names.index("id") + 1
    assert names.index("second") == names.index("ratio") - 1


def test_a_column_that_is_not_there_is_named_before_anything_happens(engine: sa.Engine) -> None:
    with pytest.raises(InvalidOperation, match="no such column"):
        run(engine, alter("nothing", comment="x"))
    with pytest.raises(UnknownTable):
        run(engine, lambda op: op.alter_column("nowhere", "x", comment="x"))


# ---------------------------------------------------------------------------------- offline


def test_offline_the_rest_comes_from_the_earlier_revisions() -> None:
    def start(op: Operations) -> None:
        op.create_table(
            "t",
            sa.Column("id", sa.BigInteger, primary_key=True),
            sa.Column(
                "changed",
                mysql.TIMESTAMP(fsp=6),
                server_default=sa.text("CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"),
                nullable=False,
                comment="when",
            ),
            sa.Column("word", sa.String(20, collation="utf8mb4_bin"), server_default="x"),
            sa.Column("twice", sa.Integer, sa.Computed("id * 2", persisted=True)),
        )

    def migration(op: Operations) -> None:
        op.alter_column("t", "changed", comment="last change")
        op.alter_column("t", "word", type_=sa.String(40))
        op.alter_column("t", "word", nullable=False)
        op.alter_column("t", "twice", comment="doubled")
        op.alter_column("t", "id", comment="the key")

    for name in ("mysql", "mariadb"):
        assert ours(name, migration, start) == [
            "ALTER TABLE t MODIFY changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) "
            "ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'last change'",
            "ALTER TABLE t MODIFY word VARCHAR(40) COLLATE utf8mb4_bin NULL DEFAULT 'x'",
            "ALTER TABLE t MODIFY word VARCHAR(40) COLLATE utf8mb4_bin NOT NULL DEFAULT 'x'",
            "ALTER TABLE t MODIFY twice INTEGER GENERATED ALWAYS AS (id * 2) STORED "
            "COMMENT 'doubled'",
            "ALTER TABLE t MODIFY id BIGINT NOT NULL AUTO_INCREMENT COMMENT 'the key'",
        ]


def test_offline_what_nobody_knows_is_asked_for() -> None:
    def migration(op: Operations) -> None:
        op.alter_column("elsewhere", "c", nullable=False)

    with pytest.raises(InvalidOperation, match="pass existing_type and existing_nullable"):
        ours("mysql", migration)

    def told(op: Operations) -> None:
        op.alter_column("elsewhere", "c", nullable=False, existing_type=sa.String(10))

    assert ours("mysql", told) == ["ALTER TABLE elsewhere MODIFY c VARCHAR(10) NOT NULL"]


# -------------------------------------------------------------------------------- if_exists


def guarded(op: Operations) -> None:
    """Everything with a flag, some of it there and some not."""
    op.add_column("t", sa.Column("word", sa.Integer), if_not_exists=True)
    op.add_column(
        "t",
        sa.Column("fresh", sa.String(10), index=True, comment='it\'s \\ "so" 100% :x'),
        if_not_exists=True,
    )
    op.drop_column("t", "ratio", if_exists=True)
    op.drop_column("t", "nothing", if_exists=True)
    op.create_index("word", "t", ["word"], if_not_exists=True)
    op.create_index("ix seen", "t", ["seen"], if_not_exists=True)
    op.drop_index("word", "t", if_exists=True)
    op.drop_index("nothing", "t", if_exists=True)
    op.drop_constraint("nothing", "t", "unique", if_exists=True)
    op.drop_constraint("nothing", "t", "check", if_exists=True)
    op.drop_constraint("nothing", "t", "foreignkey", if_exists=True)
    op.drop_constraint("PRIMARY", "bare", "primary", if_exists=True)
    op.create_table(
        "t", sa.Column("id", sa.Integer), sa.Column("a", sa.Integer), if_not_exists=True
    )
    op.drop_table("nowhere", if_exists=True)


@pytest.mark.parametrize("spelling", ["mysql", "mariadb"])
def test_if_exists_is_honoured_by_either_spelling(engine: sa.Engine, spelling: str) -> None:
    """MySQL's spelling asks information_schema, and runs on MariaDB as well."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if spelling == "mariadb" and not engine.dialect.is_mariadb:
            pytest.skip("MySQL does not know these clauses")
        connection.exec_driver_sql("CREATE TABLE bare (a integer)")
        for _ in range(2):
            for line in ours(spelling, guarded):
                connection.exec_driver_sql(line, execution_options={"no_parameters": True})
        inspector = sa.inspect(connection)
        names = {c["name"]: c["comment"] for c in inspector.get_columns("t")}
        indexes = {i["name"] for i in inspector.get_indexes("t")}
    assert names["fresh"] == 'it\'s \\ "so" 100% :x'
    assert "ratio" not in names
    assert indexes == {"ix seen", "ix_t_fresh"}


# ------------------------------------------------------------------------------------ enums


Factory = Callable[..., sa.Enum]


def mood(*values: str) -> sa.Enum:
    return sa.Enum(*(values or ("sad", "ok")), name="mood")


def enum_start(op: Operations) -> None:
    for table in ("diary", "letter"):
        op.create_table(
            table,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("mood", mood(), nullable=False, server_default="ok", comment="felt"),
        )
    op.execute("INSERT INTO diary (mood) VALUES ('sad'), ('ok')")
    op.execute("INSERT INTO letter (mood) VALUES ('ok')")


def enum_run(engine: sa.Engine, *migrations: Migration) -> list[str]:
    """All in one run, the names of the enums being known from its first revision."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        live = Live(dialect_for(engine.dialect), LiveCatalog(connection), connection)
        for migration in migrations:
            migration(Operations(live))
    return live.lines


def values(engine: sa.Engine, table: str = "diary") -> list[str]:
    with engine.connect() as connection:
        (column,) = [c for c in sa.inspect(connection).get_columns(table) if c["name"] == "mood"]
        return list(column["type"].enums)


def rows(engine: sa.Engine, table: str = "diary") -> list[str]:
    with engine.connect() as connection:
        result = connection.exec_driver_sql(f"SELECT mood FROM {table} ORDER BY id")
        return list(result.scalars())


def test_a_value_is_added_in_every_column_of_that_name_in_its_place(mariadb: Database) -> None:
    engine = mariadb.engine()
    lines = enum_run(
        engine,
        enum_start,
        lambda op: op.add_enum_value("mood", "glad"),
        lambda op: op.add_enum_value("mood", "tired", before="ok"),
        lambda op: op.add_enum_value("mood", "angry", before="sad"),
        lambda op: op.execute("INSERT INTO diary (mood) VALUES ('glad')"),
    )
    assert values(engine) == values(engine, "letter") == ["angry", "sad", "tired", "ok", "glad"]
    assert rows(engine) == ["sad", "ok", "glad"]
    assert columns(engine, "diary")["mood"].comment == "'felt'"
    assert columns(engine, "diary")["mood"].default == "'ok'"
    assert sum("MODIFY" in line for line in lines) == 6


def test_an_appended_value_rewrites_no_row(mariadb: Database) -> None:
    engine = mariadb.engine()
    (*_, line) = enum_run(engine, enum_start, lambda op: op.add_enum_value("mood", "glad"))
    again = line.replace("'glad'", "'glad','merry'")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"{again}, ALGORITHM=INSTANT")  # refused where rows are touched
    assert values(engine, "letter") == ["sad", "ok", "glad", "merry"]


def test_a_value_is_renamed_in_type_rows_and_default(mariadb: Database) -> None:
    engine = mariadb.engine()
    enum_run(
        engine,
        enum_start,
        lambda op: op.rename_enum_value("mood", "ok", "fine"),
        lambda op: op.rename_enum_value("mood", "sad", "SAD"),
    )
    assert values(engine) == values(engine, "letter") == ["SAD", "fine"]
    assert rows(engine) == ["SAD", "fine"]
    assert columns(engine, "diary")["mood"].default == "'fine'"


def stamped_start(op: Operations) -> None:
    now = sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")
    op.create_table(
        "diary",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", mood("sad", "ok", "glad"), nullable=False),
        sa.Column("Changed", sa.TIMESTAMP, nullable=False, server_default=now),
        sa.Column("seen", sa.TIMESTAMP, nullable=True),
        sa.Column("read", sa.DateTime, server_default=sa.text("NULL ON UPDATE CURRENT_TIMESTAMP")),
    )
    op.execute("INSERT INTO diary VALUES (1, 'sad', '2001-01-01', NULL, '2001-01-01')")
    op.execute("INSERT INTO diary VALUES (2, 'glad', '2001-01-01', NULL, NULL)")


def rename_and_drop(op: Operations) -> None:
    op.rename_enum_value("mood", "sad", "blue")
    op.drop_enum_value("mood", "glad", replacement="ok")


@pytest.mark.parametrize("by_script", [False, True])
def test_rows_with_another_value_are_not_stamped_as_changed(
    mariadb: Database, *, by_script: bool
) -> None:
    """Columns that are ON UPDATE CURRENT_TIMESTAMP keep what they hold."""
    engine = mariadb.engine()
    if by_script:
        enum_run(engine, stamped_start)
        with engine.begin() as connection:
            for line in ours("mariadb", rename_and_drop, stamped_start):
                connection.exec_driver_sql(line)
    else:
        enum_run(engine, stamped_start, rename_and_drop)
    old = dt.datetime(2001, 1, 1)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT * FROM diary ORDER BY id").all()
    assert [tuple(row) for row in found] == [
        (1, "blue", old, None, old),
        (2, "ok", old, None, None),
    ]


def test_a_value_that_rows_hold_is_not_removed(mariadb: Database) -> None:
    engine = mariadb.engine()
    with pytest.raises(DataWouldBeLost) as caught:
        enum_run(engine, enum_start, lambda op: op.drop_enum_value("mood", "sad"))
    assert (caught.value.table, caught.value.column, caught.value.keys) == ("diary", "mood", (1,))
    assert values(engine) == values(engine, "letter") == ["sad", "ok"], "nothing was touched"


def test_a_value_is_removed_where_a_replacement_is_given(mariadb: Database) -> None:
    engine = mariadb.engine()
    enum_run(
        engine,
        enum_start,
        lambda op: op.drop_enum_value("mood", "sad", replacement="ok"),
    )
    assert values(engine) == values(engine, "letter") == ["ok"]
    assert rows(engine) == ["ok", "ok"]


def test_a_value_that_is_the_default_is_not_removed(mariadb: Database) -> None:
    with pytest.raises(InvalidOperation, match="change the default"):
        enum_run(mariadb.engine(), enum_start, lambda op: op.drop_enum_value("mood", "ok"))


def test_up_down_up(mariadb: Database) -> None:
    engine = mariadb.engine()
    up: Migration = lambda op: op.add_enum_value("mood", "glad", after="sad")  # noqa: E731
    down: Migration = lambda op: op.drop_enum_value("mood", "glad")  # noqa: E731
    enum_run(engine, enum_start, up, down, up)
    assert values(engine) == ["sad", "glad", "ok"]


def test_a_value_with_quotes_and_backslashes_survives(mariadb: Database) -> None:
    engine = mariadb.engine()
    enum_run(
        engine,
        enum_start,
        lambda op: op.add_enum_value("mood", 'it\'s, \\ "so" 100%'),
        lambda op: op.add_enum_value("mood", "last"),
        lambda op: op.execute("INSERT INTO letter (mood) VALUES ('last')"),
    )
    with engine.connect() as connection:
        index = connection.exec_driver_sql("SELECT mood + 0 FROM letter WHERE id = 2").scalar()
        connection.execute(
            sa.text("INSERT INTO letter (mood) VALUES (:m)"), {"m": 'it\'s, \\ "so" 100%'}
        )
    assert index == 4


def test_a_server_with_ansi_quotes_is_read_as_well(engine: sa.Engine) -> None:
    before = columns(engine)
    ansi = sa.create_engine(engine.url, connect_args={"sql_mode": "ANSI_QUOTES,STRICT_ALL_TABLES"})
    run(ansi, alter("word", comment="said"), alter("Order by", new_column_name='new "name"'))
    ansi.dispose()
    after = columns(engine)
    assert differing(before["word"], after["word"]) == {"comment"}
    assert after['new "name"'] == before["Order by"]


def test_an_enum_that_no_column_is_known_to_use_is_an_error(mariadb: Database) -> None:
    with pytest.raises(InvalidOperation, match="no column known at this point"):
        enum_run(mariadb.engine(), lambda op: op.add_enum_value("mood", "x"))


def test_the_names_of_enums_are_remembered_by_the_earlier_revisions(mariadb: Database) -> None:
    """The server keeps no name; a later run learns it from the history."""
    engine = mariadb.engine()
    enum_run(engine, enum_start)
    dialect = dialect_for(engine.dialect)

    def history() -> Any:
        from tests.rendering import Script

        catalog = dialect.ddl.new_catalog()
        enum_start(Operations(Script(dialect, catalog, silent=True)))
        return catalog

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        catalog = LiveCatalog(connection)
        catalog.history = history
        op = Operations(Live(dialect, catalog, connection))
        op.add_enum_value("mood", "glad")
        op.add_enum_value("mood", "glad", if_not_exists=True)
    assert values(engine) == values(engine, "letter") == ["sad", "ok", "glad"]
