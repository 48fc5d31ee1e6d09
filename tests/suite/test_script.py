"""A script does what upgrade() and downgrade() do: schema, rows, version and history are the same.

Through the databases' own clients, and through a plain cursor.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from embedmig import Migrator, Operations, Registry, ops
from embedmig.catalog import Catalog
from embedmig.dialects import dialect_for
from embedmig.dialects.session import Turn
from embedmig.errors import MigrationFailed
from embedmig.script import statements
from tests.clients import emptied, execute_each, for_the_client, must_run, run, state
from tests.databases import Database
from tests.histories import History

# Two of each: they do not stand in the way of a unique constraint or of `> 0`.
VALUES: dict[str, tuple[Any, Any]] = {
    "Integer": (7, 8),
    "BigInteger": (2**40, 1),
    "String": ("it's 5% :x", "\\o/;"),
    "Numeric": (3, 4),
    "DateTime": (dt.datetime(2024, 2, 29, 12, 30), dt.datetime(1999, 1, 1)),
    "Date": (dt.date(1999, 12, 31), dt.date(2024, 2, 29)),
}
#: A failure on a server is not made smaller: each try takes a second.
PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate)


def registry_of(operations: list[ops.Operation], size: int) -> Registry:
    """The operations in revisions of this size; the last one outside a transaction."""
    registry, parent = Registry(), None
    parts = [operations[i : i + size] for i in range(0, len(operations), size)]
    for number, part in enumerate(parts):
        registry.revision(
            f"r{number}",
            down_revision=parent,
            message=f"revision {number}",
            transactional=number < len(parts) - 1,
        )(_body(part))
        parent = f"r{number}"
    return registry


def _body(part: list[ops.Operation]) -> Callable[[Operations], None]:
    def upgrade(op: Operations) -> None:
        for operation in part:
            op.invoke(operation)

    return upgrade


def value_for(type_: Any, number: int) -> Any:
    """One of two values that a column of this type takes."""
    if isinstance(type_, sa.Enum):
        return type_.enums[number % len(type_.enums)]
    return VALUES[type(type_).__name__][number]


def with_rows(draw: Any, operation: ops.Operation) -> list[ops.Operation]:
    """A new table gets rows."""
    if not isinstance(operation, ops.CreateTable) or not draw(st.booleans()):
        return []
    table = operation.to_table()
    rows = [
        {
            column.key: value_for(column.type, number)
            for column in table.columns
            if column.name != "id" and not column.foreign_keys
        }
        for number in (0, 1)
    ]
    return [ops.BulkInsert(table, tuple({"id": n, **row} for n, row in enumerate(rows, 1)))]


def drawn_history(draw: Any, engine: sa.Engine, name: str) -> list[ops.Operation]:
    with engine.connect() as connection:
        ddl = dialect_for(connection.dialect).ddl
    catalog = Catalog(default_names=ddl.default_constraint_name)
    found: list[ops.Operation] = []
    for operation in History(draw, name, catalog).run(9):
        found += [operation, *with_rows(draw, operation)]
    return found


def settings_of(migrator: Migrator) -> dict[str, Any]:
    return {"tables": migrator._tables, "settings": migrator._settings}


@pytest.fixture
def pair(db: Database) -> tuple[Database, Database]:
    return db.another(), db.another()


@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=15, phases=PHASES)
def test_a_script_does_what_upgrade_does(
    db: Database,
    engine: sa.Engine,
    pair: tuple[Database, Database],
    tmp_path: Path,
    data: st.DataObject,
) -> None:
    operations = drawn_history(data.draw, engine, db.name)
    registry = registry_of(operations, data.draw(st.integers(1, 4)))
    for operation in operations:
        hypothesis.note(repr(operation))
    upgraded, scripted = pair
    one, other = emptied(upgraded), emptied(scripted)
    migrator = Migrator(one, None, registry, app_version="1.5")
    options = for_the_client(db)
    if data.draw(st.booleans(), label="rendered for the server as it is known"):
        migrator.current()
    elif db.name == "mariadb":  # a URL of MySQL's means MySQL until a server has answered
        options["dialect"] = "mariadb"
    script = migrator.render_sql(**options)
    try:
        migrator.upgrade()
    except MigrationFailed:
        assert run(scripted, script, tmp_path).returncode != 0
        return
    must_run(scripted, script, tmp_path)
    assert state(other) == state(one)


def build(db: Database) -> Registry:
    """A history with everything that a script has to take care of."""
    registry = Registry()

    @registry.revision("aa", down_revision=None, message="tables")
    def aa(op: Operations) -> None:
        author = op.create_table(
            "author",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(40), nullable=False),
            sa.Column("kind", sa.Enum("good", "bad", name="kind"), server_default="good"),
        )
        op.create_table(
            "book",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("author_id", sa.Integer),
            sa.Column("title", sa.String(80)),
            sa.Column("price", sa.Numeric(8, 2)),
            sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_b", ondelete="CASCADE"),
        )
        op.bulk_insert(author, [{"id": n, "name": f"a{n};'%", "kind": "bad"} for n in (1, 2, 3)])
        op.execute("INSERT INTO book (id, author_id, title, price) VALUES (1, 2, 'x; -- y', 9.5);")

    @aa.downgrade
    def no_aa(op: Operations) -> None:
        op.drop_table("book")
        op.drop_table("author")
        if op.dialect_name == "postgresql":
            op.drop_enum("kind", if_exists=True)

    @registry.revision("b1", down_revision="aa", app_requires=">=1", branch_labels="left")
    def b1(op: Operations) -> None:
        op.alter_column("author", "name", type_=sa.String(120), nullable=True)
        author = op.table("author")
        op.execute(author.update().where(author.c.id == 3).values(name=None))
        op.execute(sa.text("UPDATE book SET title = :t -- done").bindparams(t="\\o/\n:x 100%"))

    @b1.downgrade
    def no_b1(op: Operations) -> None:
        op.execute("UPDATE author SET name = '' WHERE name IS NULL")
        op.alter_column("author", "name", type_=sa.String(40), nullable=False)

    @registry.revision("b2", down_revision="aa", transactional=False, depends_on="b1")
    def b2(op: Operations) -> None:
        op.create_index("ix_book_title", "book", ["title"], postgresql_concurrently=True)
        op.add_column("book", sa.Column("seen", sa.Boolean, server_default=sa.false()))
        op.execute("UPDATE book SET seen = (1 = 1)")

    @b2.downgrade
    def no_b2(op: Operations) -> None:
        op.drop_index("ix_book_title", "book")
        op.execute("UPDATE book SET title = NULL")
        op.drop_column("book", "seen")

    @registry.revision("m", down_revision=("b1", "b2"), message="merge")
    def m(op: Operations) -> None:
        op.create_unique_constraint("uq_title", "book", ["title"])
        op.create_table("log", sa.Column("at", sa.DateTime))
        with op.autocommit_block():
            op.create_index("ix_price", "book", ["price"], postgresql_concurrently=True)
        op.drop_column("book", "seen")
        with op.autocommit_block():
            op.create_index("ix_author", "author", ["name"], postgresql_concurrently=True)

    @m.downgrade
    def no_m(op: Operations) -> None:
        op.drop_index("ix_author", "author")
        with op.autocommit_block():
            op.drop_index("ix_price", "book", postgresql_concurrently=True)
        op.add_column("book", sa.Column("seen", sa.Boolean, server_default=sa.false()))
        op.drop_table("log")
        op.drop_constraint("uq_title", "book")

    return registry


@pytest.fixture
def registry(db: Database) -> Registry:
    return build(db)


SPANS = (
    (("heads", None),),
    (("aa", None), ("aa:heads", None)),
    (("b1", None), ("b2", "b1"), ("m", "b2")),
    (("heads", None), ("m:b2", None)),
    (("heads", None), ("b1", "m"), ("base", "b2")),
    (("heads", None), ("base", "heads")),
    (("b1", None), ("-1", "b1"), ("b1", "aa")),
)


def migrate(migrator: Migrator, span: tuple[str, str | None]) -> None:
    """What the script of this span stands for."""
    target, start = span
    target = target.partition(":")[2] or target
    if target in ("base", "-1") or start in ("m", "heads") or span[0] == "m:b2":
        migrator.downgrade(target)
    else:
        migrator.upgrade(target)


@pytest.mark.parametrize("spans", SPANS, ids=str)
def test_every_span_leads_where_the_migrator_leads(
    db: Database, registry: Registry, tmp_path: Path, spans: Any
) -> None:
    other = db.another()
    migrator = Migrator(other.engine(), None, registry)
    for target, start in spans:
        must_run(db, migrator.render_sql(target, start=start, **for_the_client(db)), tmp_path)
        migrate(migrator, (target, start))
        assert state(db.engine()) == state(other.engine())


def test_a_plain_cursor_runs_it_statement_by_statement(
    db: Database, engine: sa.Engine, registry: Registry
) -> None:
    other = db.another()
    migrator = Migrator(other.engine(), None, registry)
    dialect = dialect_for(engine.dialect)
    found = statements(registry.graph, dialect=dialect, **settings_of(migrator))
    execute_each(engine, found)
    migrator.upgrade()
    assert state(engine) == state(other.engine())


def test_the_script_stops_on_a_database_that_stands_elsewhere(
    db: Database, engine: sa.Engine, registry: Registry, tmp_path: Path
) -> None:
    migrator = Migrator(engine, None, registry)
    migrator.upgrade("b1")
    before = state(engine)
    for script in (
        migrator.render_sql(**for_the_client(db)),
        migrator.render_sql("b1:m", **for_the_client(db)),
        migrator.render_sql("aa:m", **for_the_client(db)),
    ):
        if "from:     b1\n" in script:
            continue
        done = run(db, script, tmp_path)
        assert done.returncode != 0
        assert "embedmig" in done.stderr + done.stdout
        assert state(engine) == before


def test_the_script_waits_for_the_lock_of_a_running_upgrade(
    db: Database, engine: sa.Engine, registry: Registry, tmp_path: Path
) -> None:
    """It gives up after lock_timeout, and has changed nothing."""
    migrator = Migrator(engine, None, registry, lock_timeout=0.3)
    migrator.upgrade("aa")
    before = state(engine)
    script = migrator.render_sql("aa:m", **for_the_client(db))
    session, key = migrator._dialect.session, migrator._key()
    with session.open(engine) as connection:
        if session.locks_in_transaction:
            assert session.begin(connection, Turn(key, "t", None))
        else:
            assert session.lock(connection, key)
        assert run(db, script, tmp_path).returncode != 0
        session.rollback(connection)
        if not session.locks_in_transaction:
            session.unlock(connection, key)
        connection.invalidate()
    assert state(engine) == before
    must_run(db, script, tmp_path)


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize("standing", [None, "aa", "b1", "m"])
def test_one_idempotent_script_serves_every_revision(
    db: Database, engine: sa.Engine, tmp_path: Path, standing: str | None
) -> None:
    registry = tame()
    elsewhere = db.another().engine()
    migrator = Migrator(engine, None, registry)
    other = Migrator(elsewhere, None, registry)
    script = migrator.render_sql(idempotent=True, **for_the_client(db))
    if standing is not None:
        migrator.upgrade(standing)
        other.upgrade(standing)
    other.upgrade()
    must_run(db, script, tmp_path)
    assert state(engine) == state(elsewhere)
    must_run(db, script, tmp_path)
    assert state(engine) == state(elsewhere)


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize("standing", ["aa", "m"])
def test_one_idempotent_script_leads_back_from_every_revision(
    db: Database, engine: sa.Engine, tmp_path: Path, standing: str
) -> None:
    registry = tame()
    elsewhere = db.another().engine()
    migrator = Migrator(engine, None, registry)
    other = Migrator(elsewhere, None, registry)
    migrator.upgrade(standing)
    other.upgrade(standing)
    must_run(db, migrator.render_sql("heads:aa", idempotent=True, **for_the_client(db)), tmp_path)
    other.downgrade("aa")
    assert state(engine) == state(elsewhere)


@pytest.mark.only_on("postgresql", "mariadb")
def test_an_idempotent_script_stops_where_it_does_not_know_the_revision(
    db: Database, engine: sa.Engine, tmp_path: Path
) -> None:
    migrator = Migrator(engine, None, tame())
    migrator.upgrade("aa")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE embedmig_version SET version_num = 'newer'")
    before = state(engine)
    done = run(db, migrator.render_sql(idempotent=True, **for_the_client(db)), tmp_path)
    assert done.returncode != 0
    assert "does not know" in done.stderr
    assert state(engine) == before


def tame() -> Registry:
    """Branches that depend on each other and a merge, every revision in a transaction."""
    registry = Registry()

    def revision(id: str, down: Any, **options: Any) -> None:
        def upgrade(op: Operations) -> None:
            table = op.create_table(
                f"t_{id}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Text)
            )
            op.bulk_insert(table, [{"id": 1, "n": "it's; $embedmig$ \\ 50%\n"}])
            mark = "--" if op.dialect_name == "postgresql" else "#"
            op.execute(f"UPDATE t_{id} SET n = n {mark} one; two")

        def downgrade(op: Operations) -> None:
            op.drop_table(f"t_{id}")

        registry.revision(id, down_revision=down, **options)(upgrade).downgrade(downgrade)

    revision("aa", None)
    revision("b1", "aa")
    revision("b2", "aa", depends_on="b1")
    revision("c2", "b2")
    revision("m", ("b1", "c2"))
    return registry


EXAMPLES = ("examples.django_less_app.migrations", "examples.flask_app.migrations")


@pytest.mark.parametrize("package", EXAMPLES)
def test_the_examples_end_alike(db: Database, tmp_path: Path, package: str) -> None:
    """There and back again."""
    engine, other = db.engine(), db.another().engine()
    migrator = Migrator(other, None, package)
    must_run(db, Migrator(engine, None, package).render_sql(**for_the_client(db)), tmp_path)
    migrator.upgrade()
    assert state(engine) == state(other)
    must_run(db, migrator.render_sql("base", start="heads", **for_the_client(db)), tmp_path)
    migrator.downgrade("base")
    assert state(engine) == state(other)
