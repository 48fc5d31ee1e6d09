"""The EXCLUDE of an operation, and of a history that was replayed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint

from embedmig import ops
from embedmig.autogen.compare import diff_tables
from embedmig.dialects import dialect_for
from embedmig.dialects.postgresql_excludes import exclude_constraint
from embedmig.options import CompareOptions

OPERATION = ops.CreateExcludeConstraint(
    "t",
    (("room", "="), (sa.text("span"), "&&")),
    constraint_name="ex",
    where=sa.text("room > 1"),
    deferrable=True,
)


def test_everything_that_is_said_is_spelled() -> None:
    text = str(AddConstraint(exclude_constraint(OPERATION)).compile(dialect=postgresql.dialect()))
    assert text == (
        "ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING gist "
        "(room WITH =, span WITH &&) WHERE (room > 1) DEFERRABLE"
    )


def test_one_that_a_replay_has_seen_is_no_difference() -> None:
    dialect = dialect_for(postgresql.dialect())
    columns = [sa.Column("room", sa.Integer), sa.Column("span", postgresql.INT4RANGE)]
    wanted = sa.MetaData()
    sa.Table("t", wanted, *columns)
    catalog = dialect.ddl.new_catalog()
    for operation in (ops.CreateTable.from_table(wanted.tables["t"]), OPERATION):
        catalog.observe(operation)
    options = CompareOptions()
    found = diff_tables(catalog.tables(), wanted, dialect=dialect, options=options)
    assert [op.describe() for op in found.operations] == ["drop constraint ex on t"]
    given = postgresql.ExcludeConstraint(
        ("room", "="),
        (sa.text("span"), "&&"),
        name="ex",
        where=sa.text("room > 1"),
        deferrable=True,
    )
    wanted.tables["t"].append_constraint(given)
    assert not diff_tables(catalog.tables(), wanted, dialect=dialect, options=options)
