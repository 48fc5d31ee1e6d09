"""Pairs of schemas that once broke a law, each by the name of what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from embedmig import Migrator, Registry
from embedmig.errors import UnsupportedOperation
from tests.autogen.laws import created, diff, downgrade, laws, upgrade, verbs
from tests.databases import Database
from tests.suite.test_generated_source import go_back, move

Build = Callable[[MetaData], Any]


def plain(m: MetaData, *items: Any, name: str = "t", **options: Any) -> Table:
    return Table(name, m, Column("id", Integer, primary_key=True), *items, **options)


def two_unnamed_uniques(m: MetaData) -> None:
    plain(
        m,
        Column("a", Integer),
        Column("b", Integer),
        sa.UniqueConstraint("a", "b"),
        sa.UniqueConstraint("a"),
    )


def no_uniques(m: MetaData) -> None:
    plain(m, Column("a", Integer), Column("b", Integer))


def same_check_twice(m: MetaData) -> None:
    condition = "a <> 1 AND a <> 2"
    plain(
        m,
        Column("a", Integer),
        Column("b", Integer),
        sa.CheckConstraint(condition, name="ck"),
        sa.CheckConstraint(condition),
    )


def narrow_key(m: MetaData) -> None:
    plain(m)


def wide_key(m: MetaData) -> None:
    Table(
        "t",
        m,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("k", Integer, primary_key=True, autoincrement=False),
    )


def narrow_key_and_child(m: MetaData) -> None:
    narrow_key(m)
    plain(m, Column("t_id", sa.ForeignKey("t.id")), name="child")


def wide_key_and_child_without(m: MetaData) -> None:
    wide_key(m)
    plain(m, Column("t_id", Integer), name="child")


def kept_child_of_a_key_that_gets_a_name(m: MetaData) -> None:
    Table("t", m, Column("id", Integer), sa.PrimaryKeyConstraint("id", name="pk_t"))
    plain(m, Column("t_id", sa.ForeignKey("t.id", name="fk")), name="child")


def kept_child(m: MetaData) -> None:
    Table("t", m, Column("id", Integer), sa.PrimaryKeyConstraint("id"))
    plain(m, Column("t_id", sa.ForeignKey("t.id", name="fk")), name="child")


def generated_from_an_integer(m: MetaData) -> None:
    plain(
        m,
        Column("a", Integer),
        Column("g", sa.BigInteger, sa.Computed("a + 1", persisted=True)),
        sa.Index("ix_g", "g"),
    )


def generated_from_a_number(m: MetaData) -> None:
    plain(
        m,
        Column("a", sa.Numeric(10, 2)),
        Column("g", sa.BigInteger, sa.Computed("a + 1", persisted=True)),
        sa.Index("ix_g", "g"),
    )


def a_string_instead(m: MetaData) -> None:
    plain(m, Column("a", String(20), server_default="x"))


def a_boolean_instead(m: MetaData) -> None:
    plain(m, Column("a", sa.Boolean, server_default=sa.true()))


def a_date_instead(m: MetaData) -> None:
    plain(m, Column("a", sa.Date, server_default="2020-01-31", nullable=False))


def unique_index_under_a_foreign_key(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", sa.ForeignKey("parent.id", name="fk")), sa.Index("ix_t", "p", unique=True))


def other_index_under_a_foreign_key(m: MetaData) -> None:
    plain(m, name="parent")
    plain(
        m,
        Column("p", sa.ForeignKey("parent.id", name="fk")),
        Column("q", Integer),
        sa.Index("ix_t", "q", "p", unique=True),
    )


def index_over_a_column_that_goes(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", Integer), Column("q", Integer), sa.Index("ix_t", "p", "q"))


def foreign_key_alone(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", sa.ForeignKey("parent.id", name="fk")))


def unnamed_unique_under_an_unnamed_foreign_key(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", sa.ForeignKey("parent.id")), sa.UniqueConstraint("p"))


def unnamed_foreign_key(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", sa.ForeignKey("parent.id")))


def unnamed_foreign_key_with_an_index(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", sa.ForeignKey("parent.id"), index=True))


def no_foreign_key(m: MetaData) -> None:
    plain(m, name="parent")
    plain(m, Column("p", Integer))


def reserved_word_descending(m: MetaData) -> None:
    table = plain(m, Column("order", Integer), Column("Mixed", Integer))
    sa.Index("ix_t", table.c["order"].desc(), table.c["Mixed"])


PAIRS: dict[str, tuple[Build, Build]] = {
    "unnamed constraints of one kind are told apart": (two_unnamed_uniques, no_uniques),
    "a CHECK without a name beside its named twin": (no_uniques, same_check_twice),
    "a new table refers to a key that is only now made": (wide_key, narrow_key_and_child),
    "a dropped table referred to a key that goes": (narrow_key_and_child, wide_key),
    "a dropped foreign key referred to a key that goes": (
        narrow_key_and_child,
        wide_key_and_child_without,
    ),
    "a kept foreign key refers to a key that is made anew": (
        kept_child,
        kept_child_of_a_key_that_gets_a_name,
    ),
    "a generated column holds on to a type": (generated_from_an_integer, generated_from_a_number),
    "a generated column goes before a type changes": (generated_from_an_integer, a_string_instead),
    "a string becomes a boolean, with its default": (a_string_instead, a_boolean_instead),
    "a boolean becomes a date, with its default": (a_boolean_instead, a_date_instead),
    "a foreign key's only index is another one": (
        unique_index_under_a_foreign_key,
        other_index_under_a_foreign_key,
    ),
    "an index that could serve a new foreign key loses a column": (
        index_over_a_column_that_goes,
        foreign_key_alone,
    ),
    "a foreign key's index is a unique constraint's": (
        no_foreign_key,
        unnamed_unique_under_an_unnamed_foreign_key,
    ),
    "a unique constraint takes the place of a foreign key's own index": (
        unnamed_foreign_key,
        unnamed_unique_under_an_unnamed_foreign_key,
    ),
    "an index takes the place of a foreign key's own": (
        unnamed_foreign_key,
        unnamed_foreign_key_with_an_index,
    ),
    "an index on a reserved word, descending": (narrow_key, reserved_word_descending),
}


@pytest.mark.parametrize("pair", list(PAIRS))
def test_a_pair_that_once_broke_a_law(db: Database, pair: str) -> None:
    before, after = MetaData(), MetaData()
    PAIRS[pair][0](before)
    PAIRS[pair][1](after)
    found = laws(db.engine(), before, after)
    no_names = db.name == "mariadb" and "made anew" in pair  # every primary key is PRIMARY
    assert bool(found.operations) is not no_names


def test_a_foreign_key_with_use_alter_is_still_wanted_after_create_all(db: Database) -> None:
    """SQLAlchemy marks it as not to be created, once it has created it."""
    metadata = MetaData()
    plain(metadata, Column("u", sa.ForeignKey("t.id", use_alter=True, name="fk_u")))
    created(db.engine(), metadata)


def test_unnamed_constraints_of_several_tables_do_not_meet_in_the_shadow(db: Database) -> None:
    metadata = MetaData()
    for name in ("one", "two"):
        plain(
            metadata,
            Column("a", Integer),
            sa.UniqueConstraint("a"),
            sa.CheckConstraint("a in (1, 2)"),
            name=name,
        )
    created(db.engine(), metadata)


def test_an_existing_type_is_known_under_the_new_name(db: Database) -> None:
    """A renamed table and column whose type changes as well."""
    before, after = MetaData(), MetaData()
    plain(before, Column("a", String(20)), name="old")
    plain(
        after,
        Column("b", String(40), info={"renamed_from": "a"}),
        name="new",
        info={"renamed_from": "old"},
    )
    engine = db.engine()
    before.create_all(engine)
    found = upgrade(engine, after)
    assert found.operations[-1].existing_type.length == 20  # type: ignore[attr-defined]  # an AlterColumn


@pytest.mark.only_on("postgresql")
def test_an_enum_value_is_renamed_where_that_was_told(db: Database) -> None:
    before, after = MetaData(), MetaData()
    plain(before, Column("m", sa.Enum("sad", "ok", name="mood")))
    plain(after, Column("m", sa.Enum("unhappy", "ok", name="mood")))
    engine = db.engine()
    before.create_all(engine)
    found = upgrade(engine, after, renames={"mood.sad": "unhappy"})
    assert [op.verb for op in found.operations] == ["rename_enum_value"]


def named(m: MetaData, end: str) -> None:
    Table(
        "t",
        m,
        Column("id", Integer),
        Column("a", Integer),
        sa.PrimaryKeyConstraint("id", name=f"pk_{end}"),
        sa.UniqueConstraint("a", name=f"uq_{end}"),
        sa.CheckConstraint("a > 1", name=f"ck_{end}"),
        sa.Index(f"ix_{end}", "a", "id"),
    )
    plain(m, Column("t_id", sa.ForeignKey("t.id", name=f"fk_{end}")), name="child")


def test_names_alone_are_changed_in_place_where_that_can_be(db: Database) -> None:
    before, after = MetaData(), MetaData()
    named(before, "old")
    named(after, "new")
    found = laws(db.engine(), before, after)
    verbs = {op.verb for op in found.operations}
    if db.name == "postgresql":
        assert verbs == {"rename_constraint", "rename_index"}
    if db.name == "mariadb":
        assert "drop_index" not in verbs


def test_a_generated_column_that_becomes_a_plain_one_is_found(db: Database) -> None:
    """PostgreSQL keeps its values then, and cannot go back by itself: it says so."""
    before, after = MetaData(), MetaData()
    plain(before, Column("a", Integer), Column("g", Integer, sa.Computed("a + 1", persisted=True)))
    plain(after, Column("a", Integer), Column("g", Integer))
    engine = db.engine()
    created(engine, before)
    found = upgrade(engine, after)
    if db.name == "postgresql":
        assert [op.verb for op in found.operations] == ["alter_column"]
        with pytest.raises(UnsupportedOperation, match="drop the column and add it again"):
            downgrade(engine, found, before)
    else:
        downgrade(engine, found, before)


def test_a_plain_column_that_becomes_a_generated_one_is_found(db: Database) -> None:
    before, after = MetaData(), MetaData()
    plain(before, Column("a", Integer), Column("g", Integer))
    plain(after, Column("a", Integer), Column("g", Integer, sa.Computed("a + 1", persisted=True)))
    assert laws(db.engine(), before, after).operations


@pytest.mark.only_on("postgresql")
def test_the_last_table_of_a_schema_that_the_history_knows_is_dropped(db: Database) -> None:
    before, after = MetaData(), MetaData()
    for metadata in (before, after):
        plain(metadata)
    plain(before, name="parent")
    plain(before, Column("p", sa.ForeignKey("parent.id")), name="child", schema="s")
    engine = db.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA s")
    found = laws(engine, before, after)
    assert [op.verb for op in found.operations] == ["drop_table", "drop_table"]


def unnamed(m: MetaData) -> None:
    named = sa.PrimaryKeyConstraint("id")
    Table("t", m, Column("id", Integer, sa.Identity()), Column("a", Integer, unique=True), named)
    plain(m, Column("t_id", sa.ForeignKey("t.id")), name="child")


def all_of_it_gone(m: MetaData) -> None:
    columns = [Column(n, Integer, autoincrement=False) for n in ("id", "a")]
    Table("t", m, *columns, sa.PrimaryKeyConstraint("id", "a"))
    plain(m, Column("t_id", Integer), name="child")


def unique_by_a_name(m: MetaData) -> None:
    plain(m, Column("a", Integer), sa.Index("ix_a", "a", unique=True))


def unique_without_a_name(m: MetaData) -> None:
    plain(m, Column("a", Integer, unique=True))


def spaced_check(m: MetaData) -> None:
    plain(m, Column("a", Integer), sa.CheckConstraint("a IN (1, 2)"))


@pytest.mark.parametrize(
    "builds",
    [
        (unnamed, all_of_it_gone),
        (unique_without_a_name, unique_by_a_name),
        (spaced_check, no_uniques),
    ],
    ids=["dropped", "renamed", "a CHECK that the database spaces otherwise"],
)
def test_a_replay_knows_the_names_that_the_database_gave(
    db: Database, builds: tuple[Build, Build]
) -> None:
    """What is dropped or renamed by them is so in the replayed history as well."""
    engine, registry = db.engine(), Registry()
    for build, message in zip(builds, ("first", "second"), strict=True):
        metadata = MetaData()
        build(metadata)
        assert move(Migrator(engine, metadata, registry), message)


# -- there and back by the written source ------------------------------------------------------


def back_and_forth(db: Database, *builds: Build) -> list[str]:
    """Every model after the one before, and then back to the one before the last."""
    engine, registry = db.engine(), Registry()
    metadatas = [MetaData() for _ in builds]
    sources = []
    for number, (build, metadata) in enumerate(zip(builds, metadatas, strict=True)):
        build(metadata)
        sources.append(move(Migrator(engine, metadata, registry), f"m{number}"))
    assert go_back(Migrator(engine, metadatas[-2], registry), sources[-1]) == ""
    return sources


def without_percent(m: MetaData) -> None:
    plain(m, Column("a", String(20)))


def with_percent(m: MetaData) -> None:
    plain(
        m,
        Column("a", String(20), server_default=sa.text("'5%'")),
        sa.CheckConstraint(sa.column("a").like("5%"), name="ck"),
    )


def test_a_percent_sign_is_one_in_what_is_written(db: Database) -> None:
    """No driver doubles it in the text of an operation."""
    engine, registry = db.engine(), Registry()
    for build in (without_percent, with_percent):
        metadata = MetaData()
        build(metadata)
        source = move(Migrator(engine, metadata, registry), build.__name__)
    assert "%%" not in source
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t (id) VALUES (1)")
        assert connection.exec_driver_sql("SELECT a FROM t").scalar() == "5%"


def test_a_key_that_refers_to_a_parent_is_not_numbered(db: Database) -> None:
    """Joined-table inheritance, beside something that only the database itself can spell."""
    metadata = MetaData()
    plain(metadata, name="node")
    Table(
        "doc",
        metadata,
        Column("id", sa.ForeignKey("node.id"), primary_key=True),
        Column("body", String(50)),
        sa.CheckConstraint("length(body)>1", name="ck"),
    )
    created(db.engine(), metadata)


def test_a_generated_column_may_be_mapped_as_never_null(db: Database) -> None:
    """`Mapped[int]` says so of it, and MariaDB takes no NOT NULL there."""

    class Base(DeclarativeBase):
        pass

    class Doc(Base):
        __tablename__ = "doc"
        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[str] = mapped_column(String(50))
        size: Mapped[int] = mapped_column(sa.Computed("length(body)", persisted=True))

    assert move(Migrator(db.engine(), Base.metadata, Registry()), "doc")


def lists_of_text(m: MetaData) -> None:
    plain(
        m,
        Column("a", String(20)),
        Column("g", sa.Boolean, sa.Computed("a IN ('x', 'y')", persisted=True)),
        sa.CheckConstraint("a IN ('x', 'it''s')", name="ck"),
        sa.Index("ix", "id", postgresql_where=sa.text("a IN ('x', 'y')")),
    )


def no_lists(m: MetaData) -> None:
    plain(m, Column("a", String(20)))


@pytest.mark.only_on("postgresql")
def test_what_postgresql_writes_otherwise_once_it_was_read_back_is_the_same(db: Database) -> None:
    """A list of a VARCHAR's values, after the way back as after pg_dump."""
    back_and_forth(db, lists_of_text, no_lists)


def moods(values: str, default: str, *, other: str | None = None) -> Build:
    def build(m: MetaData) -> None:
        for name, its in {"t": default, "u": other}.items():
            if its is not None:
                mood = sa.Enum(*values, name="mood")
                plain(m, Column("e", mood, server_default=its), name=name)

    return build


@pytest.mark.parametrize(
    "builds",
    [
        (moods("abc", "c"), moods("ab", "a")),
        (moods("abc", "a", other="c"), moods("ab", "a")),
    ],
    ids=["another default", "the table is gone"],
)
def test_a_value_goes_after_the_last_default_that_is_it(
    db: Database, builds: tuple[Build, Build]
) -> None:
    engine, registry = db.engine(), Registry()
    for build in builds:
        metadata = MetaData()
        build(metadata)
        assert move(Migrator(engine, metadata, registry), "mood")


@pytest.mark.only_on("postgresql")
def test_a_value_is_there_again_before_a_table_that_has_it(db: Database) -> None:
    back_and_forth(db, moods("abc", "a", other="a"), moods("ab", "a"))


def json_column(m: MetaData) -> None:
    plain(m, Column("j", sa.JSON))


def text_column(m: MetaData) -> None:
    plain(m, Column("j", sa.Text))


@pytest.mark.parametrize(
    "builds",
    [(json_column, text_column), (text_column, json_column), (json_column, narrow_key)],
    ids=["to text", "from text", "dropped"],
)
def test_json_is_json_again_on_the_way_back(db: Database, builds: tuple[Build, Build]) -> None:
    back_and_forth(db, *builds)


def cycling(m: MetaData, *, cycle: bool = True) -> None:
    plain(m)
    sa.Sequence("counter", metadata=m, cycle=cycle, maxvalue=1000)


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_sequence_starts_over_and_no_longer_does(db: Database) -> None:
    back_and_forth(db, cycling, lambda m: cycling(m, cycle=False))


@pytest.mark.only_on("mariadb")
def test_the_collation_of_an_enum_is_compared_and_written(db: Database) -> None:
    """SQLAlchemy's own copy of the type has none."""
    engine, registry = db.engine(), Registry()
    plain_enum, collated_enum = MetaData(), MetaData()
    plain(plain_enum, Column("e", mysql.ENUM("a", "b")))
    plain(collated_enum, Column("e", mysql.ENUM("a", "b", collation="utf8mb4_bin")))
    assert "utf8mb4_bin" in move(Migrator(engine, collated_enum, registry), "collated")
    assert "alter_column" in verbs(diff(engine, plain_enum))
