"""What MySQL and MariaDB have beyond the others, found and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql

from embedmig import Migrator, Registry
from tests.autogen.laws import created, diff, laws
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
        Table("parent", m, Column("id", Integer, primary_key=True))
        table(*items)(m)

    return build


PAIRS: dict[str, tuple[Build, Build]] = {
    "an enum's values": (
        table(lambda: Column("e", sa.Enum("a", "b"))),
        table(lambda: Column("e", sa.Enum("a", "c'd", "b"))),
    ),
    "the order of an enum's values": (
        table(lambda: Column("e", sa.Enum("a", "b"))),
        table(lambda: Column("e", sa.Enum("b", "a"))),
    ),
    "unsigned": (table(), table(lambda: Column("b", mysql.INTEGER(unsigned=True)))),
    "a column's collation": (
        table(),
        table(lambda: Column("a", String(20, collation="utf8mb4_bin"))),
    ),
    "a column's charset": (
        table(),
        table(lambda: Column("a", mysql.VARCHAR(20, charset="latin1"))),
    ),
    "ON UPDATE": (
        table(lambda: Column("c", mysql.TIMESTAMP, server_default=sa.func.now())),
        table(
            lambda: Column(
                "c",
                mysql.TIMESTAMP,
                server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
            )
        ),
    ),
    "an index's length": (
        table(lambda: sa.Index("ix", "a")),
        table(lambda: sa.Index("ix", "a", mysql_length=5)),
    ),
    "a fulltext index": (
        table(lambda: sa.Index("ix", "a")),
        table(lambda: sa.Index("ix", "a", mysql_prefix="FULLTEXT")),
    ),
    "an index's method": (
        table(lambda: sa.Index("ix", "a"), mysql_engine="MEMORY"),
        table(lambda: sa.Index("ix", "a", mysql_using="btree"), mysql_engine="MEMORY"),
    ),
    "the row format": (table(), table(mysql_row_format="COMPRESSED", mysql_key_block_size="4")),
    "the engine": (table(mysql_engine="InnoDB"), table(mysql_engine="MyISAM")),
    "the charset": (
        table(mysql_default_charset="latin1"),
        table(mysql_default_charset="utf8mb4", mysql_collate="utf8mb4_bin"),
    ),
    "autoincrement": (
        table(),
        table(lambda: Column("id", Integer, primary_key=True, autoincrement=False)),
    ),
    "a table's comment": (table(), table(comment="it's: 100%")),
    "a column's comment": (table(), table(lambda: Column("b", Integer, comment="b's"))),
    "JSON": (table(), table(lambda: Column("j", sa.JSON, nullable=False))),
    "a type of both ends of a foreign key": (
        parent_and(lambda: Column("b", sa.ForeignKey("parent.id"))),
        lambda m: (
            Table("parent", m, Column("id", sa.BigInteger, primary_key=True)),
            table(lambda: Column("b", sa.BigInteger, sa.ForeignKey("parent.id")))(m),
        ),
    ),
    "the index that serves a foreign key": (
        parent_and(
            lambda: Column("b", sa.ForeignKey("parent.id", name="fk")), lambda: sa.Index("ix", "b")
        ),
        parent_and(lambda: Column("b", sa.ForeignKey("parent.id", name="fk"))),
    ),
    "a sequence is added": (table(), lambda m: (table()(m), sa.Sequence("s", metadata=m, start=5))),
}


@pytest.mark.only_on("mariadb")
@pytest.mark.parametrize("pair", list(PAIRS))
def test_a_change_is_found_applied_and_taken_back(db: Database, pair: str) -> None:
    before, after = MetaData(), MetaData()
    PAIRS[pair][0](before)
    PAIRS[pair][1](after)
    found = laws(db.engine(), before, after)
    serves = pair == "the index that serves a foreign key"
    assert bool(found.operations) is not serves, "an index that a key needs is not dropped"


@pytest.mark.only_on("mariadb")
def test_a_shadow_that_a_killed_process_left_is_swept(db: Database) -> None:
    """The scratch database of a connection that is gone is dropped by the next shadow."""
    engine = db.engine()
    with engine.begin() as connection:
        account = connection.exec_driver_sql("SELECT CRC32(CURRENT_USER())").scalar()
        connection.exec_driver_sql(f"CREATE DATABASE embedmig_shadow_{account}_999999999_a_0")
    metadata = MetaData()
    table(lambda: sa.CheckConstraint("b != 1", name="ck"))(metadata)
    created(engine, metadata)
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SHOW DATABASES LIKE '%%\\_999999999\\_a\\_0'")
        assert names.fetchall() == []


@pytest.mark.only_on("mariadb")
def test_what_the_metadata_does_not_say_of_a_table_is_the_servers(db: Database) -> None:
    metadata = MetaData()
    table(mysql_engine="MyISAM", mysql_collate="latin1_bin")(metadata)
    engine = db.engine()
    metadata.create_all(engine)
    silent = MetaData()
    table()(silent)
    assert not diff(engine, silent)


@pytest.mark.only_on("mariadb")
def test_the_method_of_an_index_that_says_none_is_the_engines(db: Database) -> None:
    """MEMORY takes a hash where nothing is said, and InnoDB takes none where one is asked for."""
    metadata = MetaData()
    table(lambda: sa.Index("ix", "a"), mysql_engine="MEMORY")(metadata)
    Table("i", metadata, Column("a", Integer), sa.Index("ix_i", "a", mysql_using="hash"))
    created(db.engine(), metadata)


@pytest.mark.only_on("mariadb")
@pytest.mark.parametrize("pair", ["a column's charset", "the charset"])
def test_a_change_that_a_replay_once_took_for_another(db: Database, pair: str) -> None:
    """A charset has a collation, and a table's is that of its columns: neither need be said."""
    engine, registry = db.engine(), Registry()
    for build, message in zip(PAIRS[pair], ("first", "second"), strict=True):
        metadata = MetaData()
        build(metadata)
        assert move(Migrator(engine, metadata, registry), message)
