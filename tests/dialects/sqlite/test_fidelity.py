"""Everything a SQLite table can have × every kind of change: kept to the byte, foreign keys on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.dialects.sqlite.table_text import parse
from embedmig.errors import DataWouldBeLost, ForeignKeysMustBeOff, MigrationFailed

from .harness import MODULES

#: name → the statements that make the item; the table is `t` and has a TEXT column `x` to change.
ITEMS: dict[str, list[str]] = {
    "plain": ["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y)"],
    "children": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "CREATE TABLE cascading (id INTEGER PRIMARY KEY, t_id REFERENCES t ON DELETE CASCADE)",
        "CREATE TABLE grandchild (c_id REFERENCES cascading(id) ON DELETE CASCADE)",
        "CREATE TABLE nulling (t_id REFERENCES t(id) ON DELETE SET NULL ON UPDATE CASCADE)",
        "CREATE TABLE restricting (t_id REFERENCES t(id) ON DELETE RESTRICT)",
        "INSERT INTO t VALUES (1, '1'), (2, '2')",
        "INSERT INTO cascading VALUES (1, 1), (2, 2)",
        "INSERT INTO grandchild VALUES (1), (2)",
        "INSERT INTO nulling VALUES (1)",
        "INSERT INTO restricting VALUES (2)",
    ],
    "triggers": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y)",
        "CREATE TABLE log (what)",
        "CREATE TRIGGER  on_insert AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END",
        'CREATE TRIGGER "on update" BEFORE UPDATE OF y ON t WHEN old.y <> new.y\n'
        "BEGIN\n  INSERT INTO log VALUES (old.y); -- note\nEND",
        "CREATE TRIGGER elsewhere AFTER DELETE ON log BEGIN DELETE FROM t WHERE id = old.what; END",
    ],
    "views": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y)",
        "CREATE VIEW v AS SELECT id, y  FROM t -- a view",
        "CREATE VIEW vv AS SELECT id FROM v",
        "CREATE VIEW other AS SELECT 1 AS one",
        "CREATE TRIGGER on_view INSTEAD OF INSERT ON v BEGIN INSERT INTO t(y) VALUES (new.y); END",
    ],
    "indexes": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT)",
        "CREATE INDEX descending ON t (y DESC,id)",
        "CREATE INDEX expression ON t (lower( y ), id + 1)",
        "CREATE INDEX partial ON t (y) WHERE id > 0 AND y <> 'it''s'",
        "CREATE UNIQUE INDEX collated ON t (y COLLATE NOCASE)",
    ],
    "autoincrement": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT)",
        "INSERT INTO t VALUES (1, '1'), (900, '2')",
        "DELETE FROM t WHERE id = 900",
    ],
    "collate": ["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE, y COLLATE RTRIM)"],
    "conflict": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT IGNORE, x TEXT, y UNIQUE ON CONFLICT "
        "REPLACE NOT NULL ON CONFLICT ABORT DEFAULT 1, z DEFAULT 2, UNIQUE (y, z) ON CONFLICT FAIL)"
    ],
    "deferrable": [
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, p1 REFERENCES p DEFERRABLE INITIALLY "
        "DEFERRED, p2 REFERENCES p NOT NULL DEFERRABLE, FOREIGN KEY (p1) REFERENCES p (id) NOT "
        "DEFERRABLE INITIALLY IMMEDIATE)",
    ],
    "checks": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id > 0), x TEXT, y CONSTRAINT positive "
        "CHECK (y > 0), z CHECK (z <> 'CHECK (z)'), CHECK (y <> z), CONSTRAINT \"odd ) name\" "
        "CHECK (length(z) < 5 OR z IN ('a', ')')) CHECK (id < 100000))"
    ],
    "generated": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y, s AS (y + 1) STORED UNIQUE, v "
        "GENERATED ALWAYS AS (y || ')') VIRTUAL, CONSTRAINT c CHECK (s <> 5))"
    ],
    "strict": ["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y ANY) STRICT"],
    "without rowid": [
        "CREATE TABLE t (id TEXT, x TEXT, y, PRIMARY KEY (id DESC, y)) WITHOUT ROWID"
    ],
    "both options": ["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT) STRICT, without  rowid"],
    "composite keys": [
        "CREATE TABLE p (a, b, PRIMARY KEY (a, b))",
        "CREATE TABLE t (id INTEGER, y, x TEXT, pa, pb, PRIMARY KEY (id, y), FOREIGN KEY (pa, pb) "
        "REFERENCES p ON UPDATE CASCADE)",
        "CREATE TABLE child (i, j, FOREIGN KEY (i, j) REFERENCES t (id, y))",
    ],
    "self reference": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, up REFERENCES t(id) ON DELETE CASCADE)",
        "INSERT INTO t VALUES (1, '1', NULL), (2, '2', 1), (3, '3', 2)",
    ],
    "odd names": [
        'CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, "a b" INT, [c d] DEFAULT \'e\', `f"g` , '
        '\'h\' TEXT, "select" INT, Größe REAL, UNIQUE ("a b", [c d]))',
        'CREATE INDEX "odd index" ON t (`f"g`, "select")',
    ],
    "comments": [
        "CREATE TABLE t -- the table\n(\n  id INTEGER PRIMARY KEY, /* the ) key */\n"
        "  x TEXT, -- changes, maybe\n  y INT -- y's comment\n  , CHECK (y <> 1 /* ( */)\n)"
    ],
    "rowids": [
        "CREATE TABLE t (x TEXT, y)",
        "INSERT INTO t(rowid, x) VALUES (5, '5'), (-3, '3'), (77, NULL)",
    ],
    "hidden rowid": [
        "CREATE TABLE t (rowid TEXT, x TEXT, oid INT)",
        "INSERT INTO t VALUES ('r', '1', 2)",
    ],
    "full text": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT)",
        "CREATE VIRTUAL TABLE fts USING fts5(y, content='t', content_rowid='id')",
        "CREATE TRIGGER t_fts AFTER INSERT ON t BEGIN INSERT INTO fts(rowid, y) VALUES (new.id, "
        "new.y); END",
        "CREATE VIRTUAL TABLE tree USING rtree(id, low, high)",
        "INSERT INTO tree VALUES (1, 0, 1)",
        "INSERT INTO t VALUES (4, '4', 'four'), (9, '9', 'nine')",
    ],
    "statistics": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y)",
        "CREATE INDEX i ON t (y)",
        "INSERT INTO t VALUES (1, '1', 2), (2, '2', 2)",
        "ANALYZE",
    ],
}


def set_type(op: Operations) -> None:
    op.alter_column("t", "x", type_=sa.Integer())


def set_not_null(op: Operations) -> None:
    op.execute("UPDATE t SET x = '0' WHERE x IS NULL")
    op.alter_column("t", "x", nullable=False)


def set_default(op: Operations) -> None:
    op.alter_column("t", "x", server_default="7")


def add_column(op: Operations) -> None:
    op.add_column("t", sa.Column("fresh", sa.Integer))


def add_column_in_place(op: Operations) -> None:
    with op.batch_alter_table("t") as batch:
        batch.add_column(sa.Column("fresh", sa.Text, server_default="f"), insert_before="x")


def drop_column(op: Operations) -> None:
    op.drop_column("t", "x")


def rename_column(op: Operations) -> None:
    op.alter_column("t", "x", new_column_name="xx")


def rename_and_more(op: Operations) -> None:
    with op.batch_alter_table("t") as batch:
        batch.alter_column("x", new_column_name="xx")
        batch.alter_column("xx", type_=sa.Integer(), server_default="3")


def add_unique(op: Operations) -> None:
    op.create_unique_constraint("uq", "t", ["x"])


def add_check(op: Operations) -> None:
    op.create_check_constraint("ck", "t", "x <> 'never'")


def add_foreign_key(op: Operations) -> None:
    op.create_table("fresh_parent", sa.Column("k", sa.Text, primary_key=True))
    op.execute("INSERT INTO fresh_parent SELECT DISTINCT x FROM t WHERE x IS NOT NULL")
    op.create_foreign_key("fk", "t", "fresh_parent", ["x"], ["k"])


def recreate(op: Operations) -> None:
    with op.batch_alter_table("t", recreate="always"):
        pass


CHANGES = [
    set_type, set_not_null, set_default, add_column, add_column_in_place, drop_column,
    rename_column, rename_and_more, add_unique, add_check, add_foreign_key, recreate,
]  # fmt: skip


@pytest.fixture(params=MODULES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A file, with foreign keys enforced on every connection, as a careful application has it."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}", module=request.param)

    @sa.event.listens_for(engine, "connect")
    def enforce(connection: Any, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    yield engine
    engine.dispose()


def texts(connection: sa.Connection) -> dict[str, str]:
    """Every stored text by its name, embedmig's own tables left out."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: sql for name, sql in rows if not name.startswith("embedmig")}


def rows(connection: sa.Connection, table: str, leave_out: set[str]) -> list[dict[str, Any]]:
    """The rows, without the columns that change."""
    try:
        result = connection.exec_driver_sql(f'SELECT rowid AS "(rowid)", * FROM "{table}"')
    except sa.exc.OperationalError:
        result = connection.exec_driver_sql(f'SELECT * FROM "{table}"')
    found = [{k: v for k, v in row._mapping.items() if k not in leave_out} for row in result]
    return sorted(found, key=repr)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("item", ITEMS)
def test_a_change_keeps(engine: sa.Engine, item: str, change: Any) -> None:
    """What the change does not touch is byte-equal, every row is there, SQLite finds no fault."""
    with engine.begin() as connection:
        for statement in ITEMS[item]:
            connection.exec_driver_sql(statement)
        if item in ("plain", "indexes", "collate", "comments", "strict"):
            connection.exec_driver_sql("INSERT INTO t(id, x) VALUES (3, '3'), (12, NULL), (9, '9')")
        if change in (set_not_null,):
            connection.exec_driver_sql("UPDATE t SET x = '0' WHERE x IS NULL")
    with engine.connect() as connection:
        before = texts(connection)
        tables = [n for n, s in before.items() if s.startswith("CREATE TABLE")]
        data = {name: rows(connection, name, {"x"}) for name in tables}

    registry = Registry()
    registry.revision("r1", down_revision=None)(change)
    Migrator(engine, sa.MetaData(), registry).upgrade()

    with engine.connect() as connection:
        after = texts(connection)
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == 0
        assert connection.exec_driver_sql("PRAGMA writable_schema").scalar() == 0
        new = {"fresh", "xx", "x"}
        for name in tables:
            if name != "fresh_parent":
                assert rows(connection, name, new) == data[name]
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed <= {"t"}
    assert set(after) - set(before) <= {"fresh_parent", "sqlite_autoindex_fresh_parent_1"}
    if change is recreate:
        assert not changed
    old, now = parse(before["t"]), parse(after["t"])
    for one in old.items:
        text = before["t"][one.start : one.end]
        if getattr(one, "name", None) != "x" and not text.startswith("x "):
            assert text in after["t"]
    assert old.options == now.options


def test_the_counter_of_autoincrement_goes_on(engine: sa.Engine) -> None:
    """The next id is the one after the highest that ever was, not after the highest that is."""
    with engine.begin() as connection:
        for statement in ITEMS["autoincrement"]:
            connection.exec_driver_sql(statement)
    registry = Registry()
    registry.revision("r1", down_revision=None)(set_type)
    Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t(x) VALUES (3)")
        assert connection.exec_driver_sql("SELECT max(id) FROM t").scalar() == 901
        assert connection.exec_driver_sql("SELECT * FROM sqlite_sequence").all() == [("t", 901)]


def test_a_renamed_column_is_renamed_wherever_it_is_spoken_of(engine: sa.Engine) -> None:
    """In CHECKs, generated columns, indexes, triggers, views and the foreign keys of children."""
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT UNIQUE CHECK (x <> ''), "
            "g AS (x || '!'), y)",
            "CREATE TABLE child (c REFERENCES t(x) ON UPDATE CASCADE)",
            "CREATE TABLE log (m)",
            "CREATE INDEX i ON t (lower(x)) WHERE x <> 'x'",
            "CREATE VIEW v AS SELECT t.x, 'x' AS word FROM t",
            "CREATE TRIGGER tr AFTER UPDATE OF x ON t BEGIN INSERT INTO log VALUES (new.x); END",
            "INSERT INTO t(x, y) VALUES ('1', '10')",
            "INSERT INTO child VALUES ('1')",
        ):
            connection.exec_driver_sql(statement)

    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def rename(op: Operations) -> None:
        with op.batch_alter_table("t") as batch:
            batch.alter_column("x", new_column_name="z")
            batch.alter_column("y", type_=sa.Integer())

    Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert texts(connection) == {
            "t": "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT UNIQUE CHECK (z <> ''), "
            "g AS (z || '!'), y INTEGER)",
            "child": "CREATE TABLE child (c REFERENCES t(z) ON UPDATE CASCADE)",
            "log": "CREATE TABLE log (m)",
            "i": "CREATE INDEX i ON t (lower(z)) WHERE z <> 'x'",
            "v": "CREATE VIEW v AS SELECT t.z, 'x' AS word FROM t",
            "tr": "CREATE TRIGGER tr AFTER UPDATE OF z ON t BEGIN "
            "INSERT INTO log VALUES (new.z); END",
        }
        assert connection.exec_driver_sql("SELECT * FROM t").all() == [(1, "1", "1!", 10)]


def test_a_callers_transaction_with_foreign_keys_on_is_refused(engine: sa.Engine) -> None:
    """SQLite ignores the pragma there, and a rebuild would delete the children."""
    with engine.begin() as connection:
        for statement in ITEMS["children"]:
            connection.exec_driver_sql(statement)
    registry = Registry()
    registry.revision("r1", down_revision=None)(set_type)
    refused = pytest.raises(ForeignKeysMustBeOff, match="inside a transaction")
    with engine.begin() as connection, refused:
        Migrator(connection, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM grandchild").scalar() == 2
        assert "x TEXT" in texts(connection)["t"]


def test_a_callers_transaction_with_foreign_keys_off_is_joined(tmp_path: Path) -> None:
    """The caller commits or rolls back; a rollback takes the rebuild back."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    with engine.begin() as connection:
        for statement in ITEMS["children"]:
            connection.exec_driver_sql(statement)
    registry = Registry()
    registry.revision("r1", down_revision=None)(set_type)
    with engine.connect() as connection:
        before = texts(connection)
        Migrator(connection, sa.MetaData(), registry).upgrade()
        assert "x INTEGER" in texts(connection)["t"]
        connection.rollback()
        assert texts(connection) == before
    engine.dispose()


def test_a_rebuild_outside_a_transaction_is_one_all_the_same(engine: sa.Engine) -> None:
    """transactional=False: every operation is a transaction of its own, without enforcement."""
    with engine.begin() as connection:
        for statement in ITEMS["children"]:
            connection.exec_driver_sql(statement)
    registry = Registry()

    @registry.revision("r1", down_revision=None, transactional=False)
    def change(op: Operations) -> None:
        op.alter_column("t", "x", type_=sa.Integer())
        op.alter_column("cascading", "id", type_=sa.String(9))
        op.create_check_constraint("never", "t", "id < 0")

    with pytest.raises(MigrationFailed, match="CHECK never"):
        Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM grandchild").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == 0
        assert "x INTEGER" in texts(connection)["t"]
        assert "never" not in texts(connection)["t"]


def test_a_dropped_parent_does_not_take_its_children_along(engine: sa.Engine) -> None:
    """DROP TABLE would, by ON DELETE CASCADE; rows left without it stop the revision."""
    with engine.begin() as connection:
        for statement in ITEMS["children"]:
            connection.exec_driver_sql(statement)
        before = texts(connection)
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def drop_parent(op: Operations) -> None:
        op.drop_table("t")

    with pytest.raises(DataWouldBeLost, match="would refer to rows that 't' does not have"):
        Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert texts(connection) == before
        assert connection.exec_driver_sql("SELECT count(*) FROM grandchild").scalar() == 2

    registry = Registry()

    @registry.revision("r2", down_revision=None)
    def drop_all(op: Operations) -> None:
        for table in ("t", "cascading", "nulling", "restricting"):
            op.drop_table(table)
        op.execute("DELETE FROM grandchild")

    Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert set(texts(connection)) == {"grandchild"}


def test_rows_that_referred_to_nothing_before_do_not_stop_a_revision(engine: sa.Engine) -> None:
    """Only what is new does: the application wrote them without enforcement."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        for statement in ITEMS["children"]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO restricting VALUES (77)")
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    registry = Registry()
    registry.revision("r1", down_revision=None)(set_type)
    Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert "x INTEGER" in texts(connection)["t"]
        assert connection.exec_driver_sql("SELECT max(t_id) FROM restricting").scalar() == 77
