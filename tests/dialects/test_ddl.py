"""The base DDL: standard SQL, and an error for everything a plain database cannot do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.default import DefaultDialect

from embedmig import ops
from embedmig.catalog import Catalog
from embedmig.dialects.ddl import DDL
from embedmig.errors import InvalidOperation, UnsupportedOperation
from tests.support import recorded, spelled


class Standard(DefaultDialect):
    name = "standard"
    supports_comments = True
    supports_sequences = True


def ddl() -> DDL:
    return DDL(Standard())


def sql(*directives: Any) -> list[str]:
    catalog = Catalog()
    *before, last = directives
    for operation in recorded(*before):
        catalog.observe(operation)
    return spelled(ddl(), *recorded(last), catalog=catalog)


def test_a_column_is_altered_step_by_step() -> None:
    assert sql(
        lambda op: op.alter_column(
            "t",
            "Old Name",
            type_=sa.String(9),
            nullable=False,
            server_default=None,
            comment="c",
            new_column_name="later",
            schema="s",
        )
    ) == [
        'ALTER TABLE s.t ALTER COLUMN "Old Name" TYPE VARCHAR(9)',
        'ALTER TABLE s.t ALTER COLUMN "Old Name" DROP DEFAULT',
        'ALTER TABLE s.t ALTER COLUMN "Old Name" SET NOT NULL',
        "COMMENT ON COLUMN s.t.\"Old Name\" IS 'c'",
        'ALTER TABLE s.t RENAME COLUMN "Old Name" TO later',
    ]


def test_the_check_of_a_type_goes_and_comes_with_the_type() -> None:
    def table(op: Any) -> None:
        kind = sa.Enum("a", "b", name="ck_kind", native_enum=False, create_constraint=True)
        op.create_table("t", sa.Column("kind", kind))

    more = sa.Enum("a", "b", "c", name="ck_kind", native_enum=False, create_constraint=True)
    assert sql(table, lambda op: op.alter_column("t", "kind", type_=more)) == [
        "ALTER TABLE t DROP CONSTRAINT ck_kind",
        "ALTER TABLE t ALTER COLUMN kind TYPE VARCHAR(1)",
        "ALTER TABLE t ADD CONSTRAINT ck_kind CHECK (kind IN ('a', 'b', 'c'))",
    ]


def test_a_guard_the_sql_has_no_words_for_is_answered_by_the_catalog() -> None:
    def table(op: Any) -> None:
        op.create_table("t", sa.Column("a", sa.Integer), sa.Index("ix", "a"))

    assert (
        sql(table, lambda op: op.add_column("t", sa.Column("a", sa.Text), if_not_exists=True)) == []
    )
    assert sql(table, lambda op: op.drop_column("t", "b", if_exists=True)) == []
    assert sql(table, lambda op: op.create_index("ix", "t", ["a"], if_not_exists=True)) == []
    assert sql(table, lambda op: op.drop_index("no", "t", if_exists=True)) == []
    assert sql(table, lambda op: op.drop_column("t", "a", if_exists=True)) == [
        "ALTER TABLE t DROP COLUMN a"
    ]


def test_a_name_too_long_for_the_server_is_refused_and_a_conventions_is_cut() -> None:
    long = "x" * 64
    dialect = Standard()
    dialect.max_identifier_length = 63
    with pytest.raises(InvalidOperation, match="exceeds"):
        spelled(DDL(dialect), *recorded(lambda op: op.create_index(long, "t", ["a"])))
    (made,) = spelled(DDL(dialect), *recorded(lambda op: op.create_index(op.f(long), "t", ["a"])))
    assert len(made.split()[2]) <= 63


@pytest.mark.parametrize(
    "directive",
    [
        lambda op: op.create_exclude_constraint("x", "t", ("a", "=")),
        lambda op: op.alter_column("t", "a", server_default=sa.Identity()),
        lambda op: op.alter_column("t", "a", server_default=sa.Computed("b")),
        lambda op: op.add_enum_value("e", "x"),
        lambda op: op.drop_enum_value("e", "x"),
        lambda op: op.rename_enum_value("e", "x", "y"),
        lambda op: op.alter_sequence("q", data_type=sa.Integer),
    ],
    ids=["exclude", "identity", "computed", "add_value", "drop_value", "rename_value", "sequence"],
)
def test_what_cannot_be_done_is_said_with_the_databases_name(directive: Any) -> None:
    with pytest.raises(UnsupportedOperation, match=r"^standard: ") as caught:
        sql(directive)
    assert caught.value.reason


def test_options_of_another_database_are_for_that_one() -> None:
    """A migration may carry the options of every database it is for."""
    assert sql(lambda op: op.alter_table_options("t", mysql_engine="InnoDB")) == []
    with pytest.raises(UnsupportedOperation, match="engine"):
        spelled(
            DDL(mysql.dialect()),
            *recorded(lambda op: op.alter_table_options("t", mysql_engine="InnoDB")),
        )


def test_comments_and_sequences_need_a_database_that_has_them() -> None:
    plain = DDL(DefaultDialect())
    for directive in (
        lambda op: op.create_table_comment("t", "c"),
        lambda op: op.alter_column("t", "a", comment="c"),
        lambda op: op.create_sequence("q"),
    ):
        with pytest.raises(UnsupportedOperation):
            spelled(plain, *recorded(directive))


@dataclass(frozen=True)
class Grant(ops.CustomOperation):
    verb: ClassVar[str] = "grant"
    role: str

    def statements(self, dialect_name: str) -> Iterable[str]:
        yield f"GRANT 100% TO {self.role} -- {dialect_name}"


def test_a_custom_operation_spells_itself() -> None:
    assert sql(lambda op: op.invoke(Grant("bob"))) == ["GRANT 100% TO bob -- standard"]


def test_a_convention_names_what_is_created_and_finds_it_to_drop_it() -> None:
    catalog = Catalog(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    made = spelled(
        ddl(),
        *recorded(
            lambda op: op.create_check_constraint("small", "t", "a < 9"),
            lambda op: op.drop_constraint("small", "t", "check"),
            lambda op: op.drop_constraint(op.f("small"), "t", "check"),
        ),
        catalog=catalog,
    )
    assert made == [
        "ALTER TABLE t ADD CONSTRAINT ck_t_small CHECK (a < 9)",
        "ALTER TABLE t DROP CONSTRAINT ck_t_small",
        "ALTER TABLE t DROP CONSTRAINT small",
    ]


def test_spelling_does_not_touch_the_tables_it_is_given() -> None:
    live = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
    sql(lambda op: op.create_check_constraint("ck", "t", live.c.a > live.c.b))
    sql(lambda op: op.create_index("ix", "t", [live.c.a, live.c.b.desc()]))
    sql(lambda op: op.add_column("other", live.c.a))
    assert list(live.c.keys()) == ["a", "b"]
    assert live.indexes == set()
    assert len(live.constraints) == 1
