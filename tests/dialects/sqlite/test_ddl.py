"""Which way each change of a SQLite table takes, what it refuses, and what it leaves behind."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import ops
from embedmig.dialects.sqlite.sources import LiveSource
from embedmig.errors import (
    DataWouldBeLost,
    ForeignKeysMustBeOff,
    InvalidOperation,
    UnknownTable,
    UnsupportedOperation,
)

from .harness import Database

TABLE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x' NOT NULL, "
    "b INT CONSTRAINT pos CHECK (b > 0), c REFERENCES p(id))"
)


@pytest.fixture
def database() -> Iterator[Database]:
    """`t` with three rows, beside `p`."""
    with Database() as made:
        made.run(
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            TABLE,
            "INSERT INTO p VALUES (1)",
            "INSERT INTO t VALUES (1, '1', 1, 1), (2, 'two', 2, NULL), (3, '3', NULL, 1)",
        )
        yield made


def batch(*changes: ops.Operation, **options: Any) -> ops.BatchAlterTable:
    return ops.BatchAlterTable("t", tuple(changes), **options)


# -- the way taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        ops.AlterColumn("t", "a", server_default="y"),
        ops.AlterColumn("t", "a", server_default=None),
        ops.AlterColumn("t", "a", nullable=True),
        ops.DropConstraint("t", constraint_name="pos"),
        ops.DropConstraint("t", type_="foreignkey", columns=("c",)),
        ops.RenameConstraint("t", "pos", "positive"),
        ops.RenameColumn("t", "a", "aa"),
        ops.AddColumn("t", sa.Column("n", sa.Integer, sa.ForeignKey("p.id"))),
        ops.AddColumn("t", sa.Column("n", sa.String(5), nullable=False, server_default="n")),
        ops.DropColumn("t", "a"),
        ops.DropColumn("t", "b"),
        ops.DropColumn("t", "c"),
        ops.CreateIndex("i", "t", ("a",), unique=True),
        batch(ops.RenameColumn("t", "a", "aa"), ops.AlterColumn("t", "aa", server_default="z")),
    ],
)
def test_no_rebuild_where_sqlite_documents_another_way(
    database: Database, operation: ops.Operation
) -> None:
    """Native statements, or the documented edit of the stored text."""
    rows = len(database.rows("t"))
    database.apply(operation)
    assert not database.was_rebuilt()
    assert len(database.rows("t")) == rows
    database.assert_sound()


@pytest.mark.parametrize(
    "operation",
    [
        ops.AlterColumn("t", "a", type_=sa.LargeBinary()),
        ops.AlterColumn("t", "b", nullable=False, server_default="4"),
        ops.AddColumn("t", sa.Column("n", sa.DateTime, server_default=sa.func.now())),
        ops.CreateUniqueConstraint("t", ("a",), constraint_name="u"),
        ops.CreatePrimaryKey("t", ("a",)),
        ops.DropConstraint("t", type_="primary"),
        ops.DropColumn("t", "id"),
        ops.AlterTableOptions("t", {"sqlite_autoincrement": True}),
    ],
)
def test_a_rebuild_where_nothing_else_will_do(database: Database, operation: ops.Operation) -> None:
    """Every row comes over."""
    database.apply(operation)
    assert database.was_rebuilt()
    assert len(database.rows("t")) == 3
    database.assert_sound()


def test_a_batch_is_one_rebuild(database: Database) -> None:
    """However many changes ask for one, renames and native changes among them."""
    database.apply(
        batch(
            ops.AlterColumn("t", "b", type_=sa.String(5)),
            ops.RenameColumn("t", "a", "aa"),
            ops.AddColumn("t", sa.Column("n", sa.Integer, server_default="8"), insert_before="b"),
            ops.CreateUniqueConstraint("t", ("aa",), constraint_name="u"),
            ops.CreateIndex("i", "t", ("n", "aa")),
            ops.DropColumn("t", "c"),
        )
    )
    assert sum("INSERT OR ABORT" in sql for sql in database.sent) == 1
    assert database.rows("t")[0] == {"id": 1, "aa": "1", "n": 8, "b": "1"}
    assert database.texts()["index i"] == "CREATE INDEX i ON t (n, aa)"


def test_a_statement_keeps_its_place_in_a_batch(database: Database) -> None:
    """It sees what comes before it, and what comes after sees its work."""
    database.apply(
        batch(
            ops.AddColumn("t", sa.Column("n", sa.Integer)),
            ops.ExecuteSQL("UPDATE t SET n = id * 10"),
            ops.AlterColumn("t", "n", nullable=False),
            ops.ExecuteSQL("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"),
            ops.AlterColumn("t", "n", type_=sa.String(9)),
        )
    )
    assert [row["n"] for row in database.rows("t")] == ["10", "20", "30"]
    assert "trigger tr" in database.texts()


def test_columns_can_swap_their_names(database: Database) -> None:
    """Natively, one rename after the other."""
    database.apply(
        batch(
            ops.RenameColumn("t", "a", "tmp"),
            ops.RenameColumn("t", "b", "a"),
            ops.RenameColumn("t", "tmp", "b"),
            ops.AlterColumn("t", "b", type_=sa.LargeBinary()),
        )
    )
    assert next((row["a"], row["b"]) for row in database.rows("t")) == (1, b"1")


def test_a_column_can_take_the_name_of_one_that_goes(database: Database) -> None:
    """The values of the one that stays are kept, under the name of the one that went."""
    database.apply(
        batch(
            ops.DropColumn("t", "a"),
            ops.RenameColumn("t", "b", "a"),
            ops.AlterColumn("t", "a", type_=sa.String(3)),
        )
    )
    assert [row["a"] for row in database.rows("t")] == ["1", "2", None]
    assert "embedmig" not in str(database.texts())


def test_a_column_that_is_dropped_and_added_again_is_new(database: Database) -> None:
    """Nothing of the old one comes over."""
    database.apply(
        batch(
            ops.DropColumn("t", "a"),
            ops.AddColumn("t", sa.Column("a", sa.Integer, server_default="5"), insert_after="id"),
        )
    )
    assert [row["a"] for row in database.rows("t")] == [5, 5, 5]


@pytest.mark.parametrize("name", ["oid", "rowid", "_rowid_"])
def test_a_dropped_column_leaves_no_check_of_another_that_was_hidden_by_it(
    database: Database, name: str
) -> None:
    """SQLite would let it stand, and it would speak of the row's number from then on."""
    database.run(f"CREATE TABLE d (id INTEGER PRIMARY KEY, a, {name} INT, CHECK ({name} < 5))")
    database.apply(ops.DropColumn("d", name))
    database.run("INSERT INTO d(id) VALUES (9)")
    assert "CHECK" not in database.text("d")


@pytest.mark.parametrize(
    "staying",
    [
        "CHECK (CASE WHEN a > 0 THEN 1 ELSE 0 END)",
        "CHECK (a <> 'the end') -- at the end",
        "CHECK (CAST(a AS end) > 0)",
        'CHECK (a <> "the end")',
    ],
)
def test_a_check_stays_that_has_the_word_but_not_the_column(
    database: Database, staying: str
) -> None:
    database.run(f"CREATE TABLE d (a, end, CHECK (end > 0), {staying}\n)")
    database.apply(ops.DropColumn("d", "end"))
    assert database.text("d").count("CHECK") == 1
    assert staying in database.text("d")


@pytest.mark.parametrize(
    ("name", "staying", "going"),
    [
        ("desc", "ON d (a DESC)", "ON d (desc)"),
        ("end", "ON d (CASE WHEN a THEN 1 ELSE 2 END)", "ON d (CASE WHEN end THEN 1 END)"),
        ("no", "ON d (a) WHERE a <> 'no'", 'ON d (a) WHERE "no" > 1'),
        ("nocase", "ON d (a COLLATE nocase)", "ON d (nocase COLLATE nocase)"),
        ("text", "ON d (CAST(a AS text))", "ON d (CAST(text AS int))"),
    ],
)
def test_an_index_goes_only_with_a_column_that_it_speaks_of(
    database: Database, name: str, staying: str, going: str
) -> None:
    database.run(
        f"CREATE TABLE d (a, {name})",
        f"CREATE UNIQUE INDEX staying {staying}",
        f"CREATE UNIQUE INDEX going {going}",
    )
    database.apply(ops.DropColumn("d", name))
    assert "index staying" in database.texts()
    assert "index going" not in database.texts()


def test_a_changed_default_leaves_old_rows_alone(database: Database) -> None:
    """Rows older than the column read its default from the text: editing it would change them."""
    database.apply(ops.AddColumn("t", sa.Column("n", sa.Integer, server_default="5")))
    database.apply(ops.AlterColumn("t", "n", server_default="7"))
    assert database.was_rebuilt()
    database.run("INSERT INTO t(id, a) VALUES (9, '9')")
    assert [row["n"] for row in database.rows("t")] == [5, 5, 5, 7]
    database.apply(ops.AlterColumn("t", "n", server_default="8"))
    assert not database.was_rebuilt()
    assert [row["n"] for row in database.rows("t")] == [5, 5, 5, 7]


def test_a_default_changed_in_the_block_that_adds_the_column(database: Database) -> None:
    """The rows that are there get the first default, new ones the second."""
    new = sa.Column("n", sa.Integer, server_default="5")
    database.apply(batch(ops.AddColumn("t", new), ops.AlterColumn("t", "n", server_default="7")))
    database.run("INSERT INTO t(id, a) VALUES (9, '9')")
    assert [row["n"] for row in database.rows("t")] == [5, 5, 5, 7]


def test_a_failed_edit_leaves_no_trace_in_the_connections_memory(database: Database) -> None:
    """SQLite keeps the schema in memory; after a rollback it must be the old one."""
    with pytest.raises(sa.exc.OperationalError):
        database.apply(
            ops.AlterColumn("t", "a", server_default="other"), ops.ExecuteSQL("SELECT nonsense")
        )
    database.run("INSERT INTO t(id) VALUES (7)")
    assert database.run("SELECT a FROM t WHERE id = 7") == [("x",)]


def test_other_connections_see_an_edited_text(tmp_path: Any) -> None:
    """The schema's version moves on, so that they read it again."""
    with Database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        database.run(TABLE)
        other = sqlite3.connect(tmp_path / "a.db")
        other.execute("INSERT INTO t(id) VALUES (1)")
        other.commit()
        database.apply(ops.AlterColumn("t", "a", server_default="other"))
        other.execute("INSERT INTO t(id) VALUES (2)")
        assert other.execute("SELECT a FROM t").fetchall() == [("x",), ("other",)]
        other.close()


def test_a_connection_that_forbids_edits_gets_a_rebuild(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In defensive mode SQLite refuses to write its schema table."""
    monkeypatch.setattr(LiveSource, "edits_schema", lambda source: False)
    database.apply(ops.AlterColumn("t", "a", server_default="y"))
    assert database.was_rebuilt()
    assert "a TEXT DEFAULT 'y' NOT NULL," in database.text("t")


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "setconfig"), reason="Python 3.12")
def test_defensive_mode_is_noticed(database: Database) -> None:
    """The real thing, where Python can switch it on."""
    driver: Any = database.connection.connection.driver_connection
    driver.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
    assert not LiveSource(database.connection).edits_schema()
    database.apply(ops.AlterColumn("t", "a", server_default="y"))
    assert database.was_rebuilt()


# -- what does not fit -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "column", "keys"),
    [
        (ops.AlterColumn("t", "a", type_=sa.Integer()), "a", (2,)),
        (ops.AlterColumn("t", "b", nullable=False), "b", (3,)),
        (ops.AddColumn("t", sa.Column("n", sa.Integer, nullable=False)), "n", (1, 2, 3)),
        (ops.CreateUniqueConstraint("t", ("c",), constraint_name="u"), "c", (1, 3)),
        (ops.CreateIndex("u", "t", ("c",), unique=True), "c", (1, 3)),
        (ops.CreateCheckConstraint("t", "b <> 2", constraint_name="k"), None, (2,)),
        (ops.CreateForeignKey("t", "p", ("b",), ("id",)), "b", (2,)),
        (ops.CreatePrimaryKey("t", ("c",)), "c", (1, 3)),
    ],
)
def test_rows_that_do_not_fit_stop_the_change_before_it_begins(
    database: Database, operation: ops.Operation, column: str | None, keys: tuple[int, ...]
) -> None:
    """The error names the table, the column and the keys; nothing was sent but questions."""
    before = database.dump()
    with pytest.raises(DataWouldBeLost) as caught:
        database.apply(operation)
    assert (caught.value.table, caught.value.column) == ("t", column)
    assert sorted(caught.value.keys) == list(keys)
    assert not [sql for sql in database.sent if not sql.startswith("PRAGMA")]
    assert database.dump() == before


def as_text(value: float) -> str | None:
    """What this SQLite makes of a number as text, if it is the same number: newer ones keep it."""
    with contextlib.closing(sqlite3.connect(":memory:")) as driver:
        (text,) = driver.execute("SELECT CAST(? AS TEXT)", (value,)).fetchone()
    return text if float(text) == value else None


@pytest.mark.parametrize(
    ("old", "new", "value", "outcome"),
    [
        ("TEXT", sa.Integer(), "12", 12),
        ("TEXT", sa.Integer(), "12.5", None),
        ("TEXT", sa.Integer(), "", None),
        ("TEXT", sa.Float(), "1e3", 1000.0),
        ("TEXT", sa.Numeric(10, 2), "1.50", 1.5),
        ("TEXT", sa.Numeric(10, 2), " 007 ", 7),
        ("TEXT", sa.Numeric(10, 2), "-0.00012345678901234500e-5", -0.000123456789012345e-5),
        ("TEXT", sa.Numeric(10, 2), "123456789012345678", 123456789012345678),
        ("TEXT", sa.Numeric(10, 2), "12345678901234567890", None),
        ("TEXT", sa.Numeric(10, 2), "0.12345678901234567890", None),
        ("TEXT", sa.DateTime(), "2024-01-31 00:00:00", "2024-01-31 00:00:00"),
        ("TEXT", sa.Date(), "2024", 2024),
        ("TEXT", sa.Date(), "20240131.0", None),
        ("TEXT", sa.Boolean(), "true", "true"),
        ("TEXT", sa.Boolean(), "01", None),
        ("TEXT", sa.JSON(), '{"a": 1}', '{"a": 1}'),
        ("TEXT", sa.JSON(), "", ""),
        ("TEXT", sa.JSON(), "1.5", 1.5),
        ("TEXT", sa.JSON(), "1.50", None),
        ("TEXT", sa.JSON(), "12345678901234567890", None),
        ("VARCHAR(9)", sa.JSON(), " 7", None),
        ("BLOB", sa.JSON(), "007", None),
        ("INTEGER", sa.JSON(), 7, 7),
        ("TEXT", sa.LargeBinary(), "é", "é".encode()),
        ("TEXT", sa.String(3), "longer", "longer"),
        ("INTEGER", sa.String(), 7, "7"),
        ("INTEGER", sa.Float(), 2**60 + 1, None),
        ("REAL", sa.Integer(), 4.0, 4),
        ("REAL", sa.Integer(), 4.5, None),
        ("REAL", sa.Text(), 0.5, "0.5"),
        ("REAL", sa.Text(), 0.1 + 0.2, as_text(0.1 + 0.2)),
        ("BLOB", sa.Text(), b"x", "x"),
        ("BLOB", sa.Text(), b"x\0y", "x\0y"),
        ("BLOB", sa.Text(), "é€😀\0".encode() * 1000, "é€😀\0" * 1000),
        ("BLOB", sa.Text(), "é€😀\0".encode() * 1000 + b"\xff", None),
        ("BLOB", sa.Text(), b"\xff\0", None),
        ("BLOB", sa.Text(), b"\0\xff", None),
        ("BLOB", sa.Text(), b"x\xe2\x82", None),
        ("BLOB", sa.Text(), b"\xc0\x80", None),
        ("BLOB", sa.Integer(), b"1", None),
    ],
)
def test_types_convert_as_cast_does_or_not_at_all(
    old: str, new: Any, value: Any, outcome: Any
) -> None:
    """A value that the CAST would change in meaning stops the migration."""
    with Database() as database:
        database.run(f"CREATE TABLE t (v {old})")
        database.connection.exec_driver_sql("INSERT INTO t VALUES (?)", (value,))
        if outcome is None:
            with pytest.raises(DataWouldBeLost):
                database.apply(ops.AlterColumn("t", "v", type_=new))
        else:
            database.apply(ops.AlterColumn("t", "v", type_=new))
            (found,) = database.run("SELECT v FROM t")[0]
            assert (found, type(found)) == (outcome, type(outcome))


@pytest.mark.parametrize("value", ["7", "-1.5", "2024-01-31", " ", "[1.50]"])
@pytest.mark.parametrize("type_", [sa.JSON(), sa.Boolean(), sa.Date()])
def test_a_text_that_is_taken_comes_back_from_a_type_without_a_cast(type_: Any, value: str) -> None:
    with Database() as database:
        database.run("CREATE TABLE t (v TEXT)")
        database.connection.exec_driver_sql("INSERT INTO t VALUES (?)", (value,))
        database.apply(ops.AlterColumn("t", "v", type_=type_))
        database.apply(ops.AlterColumn("t", "v", type_=sa.Text()))
        assert database.run("SELECT v FROM t") == [(value,)]


def test_nulls_get_the_default_of_a_column_that_becomes_not_null(database: Database) -> None:
    """There is one, and it says what a missing value is."""
    database.apply(ops.AlterColumn("t", "b", nullable=False, server_default="4"))
    assert [row["b"] for row in database.rows("t")] == [1, 2, 4]


@pytest.mark.parametrize(
    ("operation", "error", "message"),
    [
        (ops.DropColumn("nowhere", "a"), UnknownTable, "nowhere"),
        (ops.DropColumn("t", "zz"), InvalidOperation, "it has id, a, b, c"),
        (ops.AlterColumn("t", "zz", nullable=True), InvalidOperation, "no column 'zz'"),
        (ops.DropConstraint("t", constraint_name="zz"), InvalidOperation, "the table has pos"),
        (ops.CreateCheckConstraint("t", "nonsense > 1"), InvalidOperation, "no such column"),
        (ops.CreateUniqueConstraint("t", ("zz",)), InvalidOperation, "no column 'zz'"),
        (ops.CreateSchema("s"), UnsupportedOperation, "ATTACH"),
        (
            batch(ops.AlterColumn("t", "a", type_=sa.BLOB()), recreate="never"),
            InvalidOperation,
            "never",
        ),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(
    database: Database, operation: ops.Operation, error: type[Exception], message: str
) -> None:
    """A typed error, and the database as before."""
    before = database.dump()
    with pytest.raises(error, match=message):
        database.apply(operation)
    assert database.dump() == before


def test_a_column_that_a_view_needs_is_not_dropped(database: Database) -> None:
    """The view would be broken; dropping it is the author's decision."""
    database.run("CREATE VIEW v AS SELECT a FROM t")
    with pytest.raises(InvalidOperation, match="view v"):
        database.apply(ops.DropColumn("t", "a"))


def test_a_key_that_a_child_refers_to_is_not_dropped(database: Database) -> None:
    """SQLite would only notice at the next write (*foreign key mismatch*)."""
    with pytest.raises(InvalidOperation, match="no key of its parent"):
        database.apply(ops.DropConstraint("p", type_="primary"))


def test_a_virtual_table_is_left_alone(database: Database) -> None:
    """SQLite cannot alter one."""
    database.run("CREATE VIRTUAL TABLE f USING fts5(x)")
    with pytest.raises(InvalidOperation, match="virtual"):
        database.apply(ops.DropColumn("f", "x"))


def test_pragmas_are_as_before_when_a_rebuild_fails(database: Database) -> None:
    """Also when the failure comes in its middle, in the caller's own transaction."""
    driver: Any = database.connection.connection.driver_connection
    driver.create_function("raise_me", 1, lambda value: 1 / 0, deterministic=True)
    database.run("CREATE TABLE u (a TEXT CHECK (a <> raise_me(a)))")
    database.run("PRAGMA ignore_check_constraints = ON", "INSERT INTO u VALUES ('1')")
    database.run("PRAGMA ignore_check_constraints = OFF")
    before = database.dump()
    with pytest.raises(sa.exc.OperationalError):
        database.apply(ops.AddColumn("u", sa.Column("n", sa.Integer), insert_before="a"))
    assert database.run("PRAGMA legacy_alter_table") == [(0,)]
    assert database.run("PRAGMA writable_schema") == [(0,)]
    assert database.dump() == before


def test_enforced_foreign_keys_must_be_switched_off_for_a_rebuild(database: Database) -> None:
    """The runner hears of it and begins again without them."""
    database.run("PRAGMA foreign_keys = ON")
    with pytest.raises(ForeignKeysMustBeOff):
        database.apply(ops.AlterColumn("p", "id", type_=sa.String()))
    with pytest.raises(ForeignKeysMustBeOff):
        database.apply(ops.DropTable("p"))
    database.apply(ops.DropTable("t"))
    database.apply(ops.DropTable("p"))


# -- other schemas, other connections' things ---------------------------------------------------


def test_a_table_of_an_attached_database(database: Database) -> None:
    """Its texts, indexes and triggers stay in its schema; a namesake in main is not touched."""
    database.run(
        "ATTACH ':memory:' AS aux",
        "CREATE TABLE aux.t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b CHECK (b > 0))",
        "CREATE INDEX aux.i ON t (a DESC)",
        "CREATE TRIGGER aux.tr AFTER INSERT ON t BEGIN SELECT 1; END",
        "INSERT INTO aux.t VALUES (5, '5', 1)",
    )
    main = database.dump()
    texts = database.run("SELECT name, sql FROM aux.sqlite_master WHERE type <> 'table'")
    database.apply(
        ops.AlterColumn("t", "a", type_=sa.Integer(), schema="aux"),
        ops.AlterColumn("t", "b", nullable=False, schema="aux"),
        ops.DropConstraint("t", type_="check", columns=("b",), schema="aux"),
        ops.RenameColumn("t", "b", "bb", schema="aux"),
        ops.CreateIndex("u", "t", ("bb",), unique=True, schema="aux"),
        ops.DropIndex("u", "t", schema="aux"),
        ops.DropColumn("t", "bb", schema="aux"),
    )
    assert database.dump() == main
    assert database.run("SELECT * FROM aux.t") == [(5, 5)]
    assert database.run("SELECT * FROM aux.sqlite_sequence") == [("t", 5)]
    assert database.run("SELECT name, sql FROM aux.sqlite_master WHERE type <> 'table'") == texts


def test_temporary_triggers_of_the_connection_come_back(database: Database) -> None:
    """A dropped table takes them with it, although they are in another schema."""
    database.run(
        "CREATE TEMP TABLE seen (id)",
        "CREATE TEMP TRIGGER tr AFTER INSERT ON main.t BEGIN INSERT INTO seen VALUES (new.id); END",
    )
    database.apply(batch(recreate="always"))
    database.run("INSERT INTO t(id, a) VALUES (50, 'x')")
    assert database.run("SELECT * FROM seen") == [(50,)]


def test_functions_and_collations_that_only_the_application_has(database: Database) -> None:
    """The private database has stand-ins for them."""
    driver: Any = database.connection.connection.driver_connection
    driver.create_function("is_fine", 1, lambda value: 1, deterministic=True)
    driver.create_collation("lengthwise", lambda a, b: (len(a) > len(b)) - (len(a) < len(b)))
    database.run(
        "CREATE TABLE u (a TEXT COLLATE lengthwise CHECK (is_fine(a)), b TEXT UNIQUE)",
        "CREATE INDEX i ON u (is_fine(a), b COLLATE lengthwise)",
        "INSERT INTO u VALUES ('x', '1')",
    )
    database.apply(ops.AlterColumn("u", "b", type_=sa.Integer()))
    database.apply(ops.RenameColumn("u", "a", "aa"), ops.AlterColumn("u", "aa", nullable=False))
    assert database.run("SELECT * FROM u") == [("x", 1)]


# -- Alembic's batch arguments -----------------------------------------------------------------


def test_partial_reordering(database: Database) -> None:
    """The named columns come in that order; the rest keeps its place."""
    database.apply(batch(recreate="always", partial_reordering=(("c", "a"), ("c", "id"))))
    assert list(database.rows("t")[0]) == ["b", "c", "id", "a"]
    assert database.rows("t")[1] == {"b": 2, "c": None, "id": 2, "a": "two"}


def test_insert_before_and_after(database: Database) -> None:
    """For new columns and for columns that are altered."""
    database.apply(
        batch(
            ops.AddColumn("t", sa.Column("n", sa.Integer), insert_after="id"),
            ops.AlterColumn("t", "c", insert_before="a"),
        )
    )
    assert list(database.rows("t")[0]) == ["id", "n", "c", "a", "b"]


def test_naming_convention_names_what_has_no_name(database: Database) -> None:
    """So that it can be dropped by that name."""
    database.apply(
        batch(
            ops.DropConstraint("t", constraint_name="fk_t_c_p", type_="foreignkey"),
            naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"},
        )
    )
    assert "REFERENCES" not in database.text("t")


def test_table_args_and_table_kwargs(database: Database) -> None:
    """Constraints and options that the new table has on top; what it has already is not doubled."""
    database.apply(
        batch(
            table_args=(
                sa.CheckConstraint("b > 0"),
                sa.UniqueConstraint("a", name="uq"),
                sa.Column("extra", sa.Integer),
            ),
            table_kwargs={"sqlite_autoincrement": True},
            recreate="always",
        )
    )
    text = database.text("t")
    assert "id INTEGER PRIMARY KEY AUTOINCREMENT" in text
    assert text.count("CHECK") == 1
    assert "CONSTRAINT uq UNIQUE (a)" in text
    assert "extra INTEGER" in text


def test_reflect_args_give_a_column_another_type(database: Database) -> None:
    """Nothing is reflected, so this is all they can mean."""
    override = (sa.Column("b", sa.Boolean),)
    database.apply(batch(reflect_args=override, reflect_kwargs={"listeners": []}))
    assert "b BOOLEAN CONSTRAINT pos CHECK (b > 0)" in database.text("t")


def test_copy_from_is_believed(database: Database) -> None:
    """The table is what the caller says it is; indexes and triggers stay."""
    database.run("CREATE INDEX i ON t (a)")
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Text)
    )
    database.apply(batch(ops.AlterColumn("t", "a", nullable=False), copy_from=table))
    assert list(database.rows("t")[0]) == ["id", "a"]
    assert "CHECK" not in database.text("t")
    assert "index i" in database.texts()


def test_type_bound_checks_come_and_go_with_their_type(database: Database) -> None:
    """Boolean and Enum with create_constraint, as on any database."""
    flag = sa.Boolean(create_constraint=True, name="ck_flag")
    database.apply(ops.AddColumn("t", sa.Column("flag", flag)))
    assert "CONSTRAINT ck_flag CHECK" in database.text("t")
    colour = sa.Enum("red", "blue", create_constraint=True, name="ck_colour")
    database.apply(ops.AlterColumn("t", "flag", type_=colour, existing_type=flag))
    assert "ck_flag" not in database.text("t")
    assert "CONSTRAINT ck_colour CHECK (flag IN ('red', 'blue'))" in database.text("t")
    database.apply(ops.DropColumn("t", "flag"))
    assert database.text("t") == TABLE


def test_a_generated_column_can_become_a_plain_one_and_back(database: Database) -> None:
    """Its values stay what they were computed to be."""
    database.apply(ops.AddColumn("t", sa.Column("g", sa.Integer, sa.Computed("id * 2"))))
    database.apply(ops.AlterColumn("t", "g", server_default=None))
    assert [row["g"] for row in database.rows("t")] == [2, 4, 6]
    database.apply(ops.AlterColumn("t", "g", server_default=sa.Computed("id * 3", persisted=True)))
    assert [row["g"] for row in database.rows("t")] == [3, 6, 9]


def test_comments_have_no_place_in_sqlite(database: Database) -> None:
    """A history for several databases runs here without them."""
    before = database.dump()
    database.apply(
        ops.CreateTableComment("t", "a table"),
        ops.DropTableComment("t"),
        ops.AlterColumn("t", "a", comment="a column"),
        batch(ops.AlterColumn("t", "a", comment="a column")),
    )
    assert database.dump() == before


def test_guards_do_nothing_where_there_is_nothing_to_do(database: Database) -> None:
    """if_exists and if_not_exists, inside a block as outside."""
    before = database.dump()
    guarded = (
        ops.AddColumn("t", sa.Column("a", sa.Integer), if_not_exists=True),
        ops.DropColumn("t", "zz", if_exists=True),
        ops.DropConstraint("t", constraint_name="zz", if_exists=True),
        ops.DropIndex("zz", "t", if_exists=True),
    )
    database.apply(*guarded)
    database.apply(batch(*guarded))
    assert database.dump() == before


def test_an_index_gets_another_name(database: Database) -> None:
    """SQLite has no statement for it; the index is made again as it was."""
    database.run("CREATE  UNIQUE INDEX old ON t (a DESC) WHERE b > 0")
    database.apply(ops.RenameIndex("old", "new name"))
    assert database.texts()["index new name"] == (
        'CREATE UNIQUE INDEX "new name" ON t (a DESC) WHERE b > 0'
    )


def test_references_are_checked_where_a_rebuild_can_break_them(database: Database) -> None:
    """Also where the application does not enforce them: here the parent's keys change."""
    database.run("CREATE TABLE child (k TEXT REFERENCES q)", "CREATE TABLE q (k TEXT PRIMARY KEY)")
    database.run("INSERT INTO q VALUES ('01')", "INSERT INTO child VALUES ('01')")
    with pytest.raises(DataWouldBeLost, match="'q' does not have") as caught:
        database.apply(ops.AlterColumn("q", "k", type_=sa.LargeBinary()))
    assert caught.value.table == "child"
    assert database.run("SELECT * FROM child, q") == [("01", "01")]


def test_an_old_sqlite_rebuilds_to_drop_a_column(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DROP COLUMN came with 3.35; the library behind the connection is asked."""
    monkeypatch.setattr(LiveSource, "version", (3, 34, 1))
    database.apply(ops.DropColumn("t", "a"))
    assert database.was_rebuilt()
    assert list(database.rows("t")[0]) == ["id", "b", "c"]


def test_a_table_that_comes_by_in_many_texts_is_found_in_all(database: Database) -> None:
    """Views on views, triggers elsewhere, and a name that must be quoted."""
    database.run(
        'CREATE TABLE "a""b" (id INTEGER PRIMARY KEY, "x y" TEXT)',
        'CREATE TABLE child (r REFERENCES [a"b] ON DELETE CASCADE)',
        'CREATE VIEW v AS SELECT "x y" AS z FROM [a"b]',
        "CREATE VIEW vv AS SELECT z FROM v",
        'CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE "a""b" SET "x y" = new.a; END',
        'INSERT INTO "a""b" VALUES (1, \'1\')',
        "INSERT INTO child VALUES (1)",
    )
    before = database.texts()
    database.apply(ops.AlterColumn('a"b', "x y", type_=sa.Integer()))
    after = database.texts()
    assert {key for key in before if before[key] != after[key]} == {'table a"b'}
    assert database.run("SELECT z FROM vv") == [(1,)]
    with pytest.raises(InvalidOperation, match="no key of its parent"):
        database.apply(ops.DropConstraint('a"b', type_="primary"))


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT CHECK (u.a <> ''), b)"],
        ["CREATE TABLE u (a TEXT, b, g AS (b + 1))", "CREATE INDEX i ON u (b) WHERE u.b > 0"],
        [
            "CREATE TABLE u (a TEXT, b, CHECK ([U].b > 0))",
            "CREATE TRIGGER tr AFTER INSERT ON u BEGIN UPDATE u SET b = u.b + 1; END",
            "CREATE VIEW v AS SELECT u.b FROM u",
            "CREATE TABLE child (r REFERENCES u ON DELETE CASCADE)",
        ],
    ],
)
def test_a_table_that_speaks_of_itself_by_its_name(
    database: Database, statements: list[str]
) -> None:
    """SQLite would not rename it and leave its texts alone; the rows step aside another way."""
    database.run(*statements, "INSERT INTO u(rowid, a, b) VALUES (7, '1', 2), (3, '2', 5)")
    texts, rowids = database.texts(), database.rowids("u")
    database.apply(ops.AlterColumn("u", "a", type_=sa.Integer()))
    database.assert_sound()
    after = database.texts()
    assert {key for key in texts if after[key] != texts[key]} == {"table u"}
    assert set(after) == set(texts)
    assert database.rowids("u") == rowids
    assert sorted(row["a"] for row in database.rows("u")) == [1, 2]
    if "AUTOINCREMENT" in statements[0]:
        assert database.run("SELECT * FROM sqlite_sequence") == [("u", 7)]
