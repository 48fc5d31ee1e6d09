"""What PostgreSQL has beyond the others, and what Alembic misses there, found and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ENUM, ExcludeConstraint

from embedmig import Migrator, Registry
from tests.autogen.laws import created, diff, laws, run, upgrade, verbs
from tests.databases import Database
from tests.suite.test_generated_source import move

Build = Callable[[MetaData], Any]


def table(*items: Callable[[], Any], **options: Any) -> Build:
    def build(m: MetaData) -> None:
        columns = [
            Column("id", Integer, primary_key=True),
            Column("a", String(20)),
            Column("b", Integer),
        ]
        made = [item() for item in items]
        taken = {c.name for c in made if isinstance(c, Column)}
        Table("t", m, *[c for c in columns if c.name not in taken], *made, **options)

    return build


def parent_and(*items: Callable[[], Any]) -> Build:
    def build(m: MetaData) -> None:
        Table(
            "parent",
            m,
            Column("x", Integer, primary_key=True),
            Column("y", Integer, primary_key=True),
        )
        table(*items)(m)

    return build


def mood(*values: str) -> Callable[[], Any]:
    return lambda: Column("m", sa.Enum(*values, name="mood"), server_default=values[0])


def sequence(**options: Any) -> Build:
    def build(m: MetaData) -> None:
        table()(m)
        sa.Sequence("counter", metadata=m, **options)

    return build


def in_schema(build: Build) -> Build:
    """With the schema `s` there, which no table lives in."""

    def made(m: MetaData) -> None:
        sa.event.listen(m, "before_create", sa.DDL("CREATE SCHEMA IF NOT EXISTS s"))
        build(m)

    return made


def index(*elements: Any, **options: Any) -> Callable[[], Any]:
    return lambda: sa.Index("ix", *[sa.text(e) for e in elements], **options)


def exclude(*elements: Any, **options: Any) -> Callable[[], Any]:
    return lambda: ExcludeConstraint(*elements, name="ex", **options)


def key(**options: Any) -> Callable[[], Any]:
    return lambda: sa.ForeignKeyConstraint(
        ["id", "b"], ["parent.x", "parent.y"], name="fk", **options
    )


def two(**options: Any) -> Build:
    """A table and one that refers to it, in the order in which names sort."""

    def build(m: MetaData) -> None:
        Table("b", m, Column("id", Integer, primary_key=True), **options)
        Table("a", m, Column("id", sa.ForeignKey("b.id", name="fk"), primary_key=True), **options)

    return build


def positive() -> Any:
    return sa.CheckConstraint("x > 0", name="ck")


def child(*items: Any, **options: Any) -> Build:
    def build(m: MetaData) -> None:
        Table("parent", m, Column("x", Integer), positive())
        Table("child", m, Column("y", Integer), *[item() for item in items], **options)

    return build


PAIRS: dict[str, tuple[Build, Build]] = {
    "an enum value is added": (table(mood("a", "b")), table(mood("a", "b", "c"))),
    "enum values are added in between": (table(mood("a", "d")), table(mood("a", "b", "c", "d"))),
    "an enum value is removed": (table(mood("a", "b", "c")), table(mood("a", "c"))),
    "enum values change places": (
        table(lambda: Column("m", sa.Enum("a", "b", "c", name="mood"))),
        table(lambda: Column("m", sa.Enum("c", "a", "b", name="mood"))),
    ),
    "an enum column is added": (table(), table(mood("a"))),
    "the last enum column is dropped": (table(mood("a")), table()),
    "a type becomes an enum": (
        table(lambda: Column("a", sa.Text)),
        table(lambda: Column("a", sa.Enum("x", name="mood"))),
    ),
    "an array of enums": (
        table(),
        table(lambda: Column("m", postgresql.ARRAY(ENUM("x", "y", name="mood")))),
    ),
    "a CHECK is named": (
        table(lambda: sa.CheckConstraint("b > 0")),
        table(lambda: sa.CheckConstraint("b > 0", name="positive")),
    ),
    "an index's WHERE": (
        table(index("a", postgresql_where=sa.text("b > 1"))),
        table(index("a", postgresql_where=sa.text("b > 2"))),
    ),
    "an index's method": (table(index("a")), table(index("a", postgresql_using="hash"))),
    "an index's INCLUDE": (table(index("a")), table(index("a", postgresql_include=["b"]))),
    "an index's storage": (
        table(index("a")),
        table(index("a", postgresql_with={"fillfactor": 50})),
    ),
    "an index's operator class": (table(index("a")), table(index("a varchar_pattern_ops"))),
    "an index's collation": (table(index("a")), table(index('a COLLATE "C"'))),
    "an index's direction": (table(index("a")), table(index("a DESC NULLS LAST"))),
    "an index's expression": (table(index("lower(a)")), table(index("upper(a) , (b + 1)"))),
    "NULLS NOT DISTINCT": (
        table(index("a", unique=True)),
        table(index("a", unique=True, postgresql_nulls_not_distinct=True)),
    ),
    "an EXCLUDE is added": (table(), table(exclude(("b", "="), using="gist"))),
    "an EXCLUDE is changed": (
        table(exclude(("b", "="))),
        table(exclude(("b", "="), ("a", "<>"), where=sa.text("b > 3"), deferrable=True)),
    ),
    "a sequence is added": (table(), sequence(start=5, increment=3)),
    "a sequence is dropped": (sequence(start=5, maxvalue=90, cycle=True), table()),
    "a sequence is changed": (sequence(), sequence(increment=7, maxvalue=700, cache=4)),
    "a column's collation": (
        table(lambda: Column("a", String(20, collation="C"))),
        table(lambda: Column("a", String(20, collation="POSIX"))),
    ),
    "a unique constraint becomes deferrable": (
        table(lambda: sa.UniqueConstraint("a", name="uq")),
        table(lambda: sa.UniqueConstraint("a", name="uq", deferrable=True, initially="DEFERRED")),
    ),
    "a unique constraint's INCLUDE": (
        table(lambda: sa.UniqueConstraint("a", name="uq")),
        table(lambda: sa.UniqueConstraint("a", name="uq", postgresql_include=["b"])),
    ),
    "a foreign key's MATCH": (parent_and(key()), parent_and(key(match="FULL"))),
    "a foreign key's timing": (
        parent_and(key()),
        parent_and(key(deferrable=True, initially="DEFERRED")),
    ),
    "a foreign key's actions": (
        parent_and(key()),
        parent_and(key(ondelete="SET NULL (b)", onupdate="CASCADE")),
    ),
    "a foreign key is not valid": (parent_and(), parent_and(key(postgresql_not_valid=True))),
    "an identity is added": (
        table(lambda: Column("b", Integer, nullable=False)),
        table(lambda: Column("b", Integer, sa.Identity(start=10))),
    ),
    "an identity's options": (
        table(lambda: Column("b", Integer, sa.Identity(always=True, start=10))),
        table(lambda: Column("b", Integer, sa.Identity(increment=2, cycle=True, maxvalue=500))),
    ),
    "an identity is removed": (
        table(lambda: Column("b", Integer, sa.Identity())),
        table(lambda: Column("b", Integer, nullable=False)),
    ),
    "a serial becomes an identity": (
        table(),
        table(lambda: Column("id", Integer, sa.Identity(), primary_key=True)),
    ),
    "a serial becomes an integer": (
        table(),
        table(lambda: Column("id", Integer, primary_key=True, autoincrement=False)),
    ),
    "a generated column is dropped": (
        table(lambda: Column("g", Integer, sa.Computed("b * 2", persisted=True))),
        table(),
    ),
    "a table's comment": (table(), table(comment="it's: 100%")),
    "a table's comment is removed": (table(comment="x"), table()),
    "a column's comment": (table(), table(lambda: Column("b", Integer, comment="b's"))),
    "a table's storage": (table(), table(postgresql_with={"fillfactor": 70})),
    "a table's storage is reset": (
        table(postgresql_with={"fillfactor": 70, "autovacuum_enabled": False}),
        table(postgresql_with={"fillfactor": 60}),
    ),
    "tables become unlogged": (two(), two(prefixes=["UNLOGGED"])),
    "tables become logged": (two(prefixes=["UNLOGGED"]), two()),
    "a table inherits": (
        child(lambda: Column("x", Integer), positive),
        child(lambda: Column("x", Integer), positive, postgresql_inherits="parent"),
    ),
    "a child without the inherited columns is added": (
        table(),
        lambda m: (table()(m), child(postgresql_inherits=("parent",))(m)),
    ),
    "a child without the inherited columns gets one": (
        child(postgresql_inherits="parent"),
        child(lambda: Column("z", Integer), postgresql_inherits="parent"),
    ),
    "a primary key becomes deferrable": (
        table(lambda: sa.PrimaryKeyConstraint("id", name="pk")),
        table(lambda: sa.PrimaryKeyConstraint("id", name="pk", deferrable=True)),
    ),
    "a primary key's INCLUDE": (
        table(lambda: sa.PrimaryKeyConstraint("id", name="pk")),
        table(lambda: sa.PrimaryKeyConstraint("id", name="pk", postgresql_include=["b"])),
    ),
    "a CHECK is not valid": (
        table(),
        table(
            lambda: sa.CheckConstraint("b in (1, 2)", name="ck", postgresql_not_valid=True),
        ),
    ),
    "an enum of another schema": (
        in_schema(table()),
        in_schema(table(lambda: Column("m", sa.Enum("a", name="mood", schema="s")))),
    ),
    "a sequence of another schema": (
        in_schema(table()),
        in_schema(sequence(schema="s", start=3)),
    ),
    "a default that calls": (
        table(),
        table(lambda: Column("u", postgresql.UUID, server_default=sa.text("gen_random_uuid()"))),
    ),
    "a schema": (
        table(),
        lambda m: (table()(m), Table("t", m, Column("id", Integer, primary_key=True), schema="s")),
    ),
}


STORAGE = pytest.mark.needs_sqlalchemy("2.1", "a table's postgresql_with")


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize(
    "pair",
    [pytest.param(pair, marks=[STORAGE] if "a table's storage" in pair else []) for pair in PAIRS],
)
def test_a_change_is_found_applied_and_taken_back(db: Database, pair: str) -> None:
    before, after = MetaData(), MetaData()
    PAIRS[pair][0](before)
    PAIRS[pair][1](after)
    engine = db.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
    found = laws(engine, before, after)
    assert found.operations, "nothing was found"


@pytest.mark.only_on("postgresql")
def test_an_enum_grows_without_rewriting_a_table(db: Database) -> None:
    before, after = MetaData(), MetaData()
    table(mood("a", "c"))(before)
    table(mood("a", "b", "c"))(after)
    assert verbs(laws(db.engine(), before, after)) == ["add_enum_value"]


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("name", ["named", None])
def test_a_valid_constraint_is_as_good_as_one_that_is_not_valid(
    db: Database, name: str | None
) -> None:
    """CREATE TABLE takes NOT VALID and ignores it: nothing is to be done then."""
    metadata = MetaData()
    Table("parent", metadata, Column("id", Integer, primary_key=True))
    table(
        lambda: sa.CheckConstraint("b in (1, 2)", name=name, postgresql_not_valid=True),
        lambda: sa.ForeignKeyConstraint(
            ["b"], ["parent.id"], name=name and "fk", postgresql_not_valid=True
        ),
    )(metadata)
    created(db.engine(), metadata)


@pytest.mark.only_on("postgresql")
def test_what_was_never_checked_is_found_where_it_is_wanted_valid(db: Database) -> None:
    engine, wanted = db.engine(), MetaData()
    table()(wanted)
    wanted.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE t ADD CONSTRAINT ck CHECK (b > 1) NOT VALID")
    wanted.tables["t"].append_constraint(sa.CheckConstraint("b > 1", name="ck"))
    assert verbs(upgrade(engine, wanted)) == ["drop_constraint", "create_check_constraint"]


@pytest.mark.only_on("postgresql")
def test_an_access_method_is_found_and_changed(db: Database) -> None:
    engine = db.engine()
    with engine.begin() as connection:
        if (connection.dialect.server_version_info or ()) < (15,):
            pytest.skip("PostgreSQL 15 can change it")
        if not connection.exec_driver_sql(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).scalar():
            pytest.skip("only a superuser makes one")
        connection.exec_driver_sql(
            "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler"
        )
    before, after = MetaData(), MetaData()
    table()(before)
    table(postgresql_using="heap2")(after)
    assert verbs(laws(engine, before, after)) == ["alter_table_options"]


@pytest.mark.only_on("postgresql")
def test_a_constraints_comment_comes_with_its_table(db: Database) -> None:
    engine, metadata = db.engine(), MetaData()
    table(lambda: sa.UniqueConstraint("a", name="uq", comment="it's: 100%"))(metadata)
    run(engine, diff(engine, metadata).operations)
    found = sa.inspect(engine).get_unique_constraints("t")
    assert [each["comment"] for each in found] == ["it's: 100%"]


REPLAYED = (
    "a CHECK is named",
    "an EXCLUDE is added",
    "an EXCLUDE is changed",
    "a primary key becomes deferrable",
    "a primary key's INCLUDE",
    "an identity's options",
    "tables become unlogged",
)


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("pair", REPLAYED)
def test_a_change_that_a_replay_once_lost(db: Database, pair: str) -> None:
    """What the database was asked for, the replayed history knows too."""
    engine, registry = db.engine(), Registry()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for build, message in zip(PAIRS[pair], ("first", "second"), strict=True):
        metadata = MetaData()
        build(metadata)
        assert move(Migrator(engine, metadata, registry), message)
