"""Source makes the operation it was written from again, with every keyword it carries."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from embedmig import ops
from embedmig.autogen import render as rendering
from embedmig.autogen.context import Context
from embedmig.autogen.layout import statement
from embedmig.errors import CannotRender
from embedmig.ops.constructs import column_table
from embedmig.ops.facade import BatchOperations, Operations
from embedmig.ops.fingerprint import fingerprint
from embedmig.options import CompareOptions
from tests.autogen.sources import recorded, remade, source_of
from tests.generated_operations import Generated, generate, start

DIALECTS = [postgresql.dialect, mysql.dialect, sqlite.dialect]


@pytest.mark.parametrize("migration", [pytest.param(m, id=m.name) for m in generate()])
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
def test_hundreds_of_operations_come_back_as_they_were(migration: Generated) -> None:
    def run(op: Any) -> None:
        start(op)
        migration.run(op)

    before = recorded(run)[_AT_THE_START:]
    for dialect in DIALECTS:
        come_back(before, dialect())


_AT_THE_START = len(recorded(start))


def come_back(before: list[ops.Operation], dialect: Any) -> None:
    after = remade(before, Context(dialect))
    texts = [[source_of(op, Context(dialect)) for op in each] for each in (before, after)]
    assert texts[1] == texts[0]
    for old, new in zip(before, after, strict=True):
        if isinstance(old, ops.CreateTable | ops.AddColumn):
            assert spelled(new, dialect) == spelled(old, dialect)
        elif not isinstance(old, ops.ExecuteSQL | ops.BulkInsert | ops.AlterColumn):
            assert fingerprint(new) == fingerprint(old)


def spelled(operation: Any, dialect: Any) -> list[str]:
    """CREATE TABLE of the table, or of one that has only the column; its lines in order."""
    creates = isinstance(operation, ops.CreateTable)
    table = operation.to_table() if creates else column_table(operation)
    return sorted(str(sa.schema.CreateTable(table).compile(dialect=dialect)).splitlines())


# Fields that only make an operation reversible, or that the façade has on purpose only in a block.
NOT_WRITTEN = {
    "original",
    "existing_values",
    "existing_defaults",
    "existing",
    "_built",
    "_plain",
    "elements",
    "options",
    "changes",
}
BATCH_ONLY = {"insert_before", "insert_after"}


@pytest.mark.parametrize("kind", ops.OPERATIONS, ids=lambda kind: kind.verb)
def test_every_field_is_a_parameter_of_the_facade(kind: type[ops.Operation]) -> None:
    method = getattr(Operations, kind.verb)
    parameters = {
        rendering._FIELDS.get((kind.verb, name), name)
        for name in inspect.signature(method).parameters
    }
    fields = {f.name for f in dataclasses.fields(kind)} - NOT_WRITTEN
    inside = getattr(BatchOperations, kind.verb, None)
    if inside is not None and fields & BATCH_ONLY:
        parameters |= set(inspect.signature(inside).parameters)
    assert fields <= parameters


# -- how it reads ----------------------------------------------------------------------------


READS: list[tuple[ops.Operation, str]] = [
    (
        ops.DropTable("t", schema="s", if_exists=True),
        "op.drop_table('t', schema='s', if_exists=True)",
    ),
    (ops.RenameTable("a", "b"), "op.rename_table('a', 'b')"),
    (
        ops.CreateTableComment("t", 'it\'s "x"\n', existing_comment="old"),
        "op.create_table_comment('t', 'it\\'s \"x\"\\n', existing_comment='old')",
    ),
    (
        ops.DropConstraint("t", constraint_name="uq", type_="unique", columns=("a",)),
        "op.drop_constraint('uq', 't', type_='unique')",
    ),
    (
        ops.DropConstraint("t", type_="unique", columns=("a", "b")),
        "op.drop_constraint(None, 't', type_='unique', columns=['a', 'b'])",
    ),
    (ops.DropIndex("ix", "t"), "op.drop_index('ix', table_name='t')"),
    (
        ops.AlterColumn("t", "c", server_default="", comment=None, nullable=False),
        "op.alter_column('t', 'c', nullable=False, comment=None, server_default='')",
    ),
    (
        ops.AlterColumn(
            "t",
            "c",
            server_default=None,
            existing_server_default=sa.DefaultClause(sa.text("1")),
        ),
        "op.alter_column('t', 'c', server_default=None, existing_server_default=sa.text('1'))",
    ),
    (
        ops.AlterColumn(
            "t",
            "c",
            nullable=True,
            existing_nullable=False,
            existing_comment=None,
            existing_type=sa.types.NullType(),
        ),
        "op.alter_column('t', 'c', nullable=True, existing_nullable=False)",
    ),
    (
        ops.AlterColumn("t", "c", type_=sa.Integer(), options={"postgresql_using": "c::int"}),
        "op.alter_column('t', 'c', type_=sa.Integer(), postgresql_using='c::int')",
    ),
    (
        ops.AlterTableOptions("t", {"mysql_engine": "InnoDB", "mysql_charset": None}),
        "op.alter_table_options('t', mysql_charset=None, mysql_engine='InnoDB')",
    ),
    (ops.CreateEnum("e", ("a", "it's")), "op.create_enum('e', ['a', \"it's\"])"),
    (ops.AddEnumValue("e", "b", after="a"), "op.add_enum_value('e', 'b', after='a')"),
    (ops.CreateSequence("s", options={"start": 5}), "op.create_sequence('s', start=5)"),
    (
        ops.ExecuteSQL("UPDATE t SET a = ':x'"),
        "op.execute(\"UPDATE t SET a = ':x'\")",
    ),
    (
        ops.ExecuteSQL(sa.text("DELETE FROM t WHERE a = :a").bindparams(a=5)),
        "op.execute(sa.text('DELETE FROM t WHERE a = :a').bindparams(sa.bindparam('a', 5)))",
    ),
    (
        ops.AddColumn(
            "t",
            sa.Column(
                "q", sa.Integer, sa.ForeignKey("s.o.id", ondelete="CASCADE"), primary_key=True
            ),
        ),
        "op.add_column('t', sa.Column('q', sa.Integer(), "
        "sa.ForeignKey('s.o.id', ondelete='CASCADE'), primary_key=True))",
    ),
    (
        ops.CreateExcludeConstraint(
            "t",
            (("a", "="), (sa.text("b"), "&&")),
            constraint_name="x",
            using="gist",
            where=sa.text("a > 1"),
        ),
        "op.create_exclude_constraint('x', 't', ('a', '='), (sa.text('b'), '&&'), "
        "where=sa.text('a > 1'), using='gist')",
    ),
    (
        ops.CreateIndex(
            "ix",
            "t",
            (sa.func.lower(sa.column("a")), sa.column("b").desc()),
            options={"postgresql_where": sa.column("a") > "x"},
        ),
        "op.create_index('ix', 't', [sa.text('lower(a)'), sa.text('b DESC')], "
        "postgresql_where=sa.text(\"a > 'x'\"))",
    ),
]


@pytest.mark.parametrize(
    ("operation", "source"),
    [pytest.param(*pair, id=f"{pair[0].verb}-{n}") for n, pair in enumerate(READS)],
)
def test_an_operation_reads_as_somebody_would_write_it(
    operation: ops.Operation, source: str
) -> None:
    assert source_of(operation, Context(postgresql.dialect())) == statement(source)


def test_a_batch_is_a_block_without_the_table_in_its_lines() -> None:
    batch = ops.BatchAlterTable(
        "t",
        (
            ops.AddColumn("t", sa.Column("q", sa.Integer), schema="s", insert_after="id"),
            ops.DropConstraint("t", constraint_name="ck", type_="check", schema="s"),
        ),
        schema="s",
        recreate="always",
    )
    assert source_of(batch) == (
        'with op.batch_alter_table("t", schema="s", recreate="always") as batch:\n'
        '    batch.add_column(sa.Column("q", sa.Integer()), insert_after="id")\n'
        '    batch.drop_constraint("ck", type_="check")'
    )
    [again] = remade([batch], Context())
    assert fingerprint(again) == fingerprint(batch)


def test_a_batch_without_changes_is_no_source() -> None:
    assert source_of(ops.BatchAlterTable("t")) == ""


def test_what_stood_on_a_dropped_column_follows_its_addition() -> None:
    def run(op: Any) -> None:
        op.create_table("t", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
        op.create_index("ix", "t", ["a", "b"])
        op.drop_column("t", "b")

    from tests.autogen.sources import Recorder

    recorder = Recorder()
    recorder.apply = lambda op: (
        recorder.operations.append(  # type: ignore[method-assign]  # completed
            recorder.catalog.complete(op)
        )
        or recorder.catalog.observe(op)
    )
    run(Operations(recorder))
    back = recorder.operations[-1].reverse()
    assert source_of(back) == (
        'op.add_column("t", sa.Column("b", sa.Integer()))\nop.create_index("ix", "t", ["a", "b"])'
    )


# -- names -----------------------------------------------------------------------------------

CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(column_0_label)s",
}


def test_a_name_that_a_convention_would_change_is_kept_by_op_f() -> None:
    check = ops.CreateCheckConstraint("t", "a > 0", constraint_name="ck_t_positive")
    context = Context(naming_convention=CONVENTION)
    assert (
        source_of(check, context)
        == 'op.create_check_constraint(op.f("ck_t_positive"), "t", "a > 0")'
    )
    assert source_of(check) == 'op.create_check_constraint("ck_t_positive", "t", "a > 0")'


def test_every_name_in_a_new_table_is_concrete() -> None:
    metadata = sa.MetaData(naming_convention=CONVENTION)
    sa.Table("o", metadata, sa.Column("id", sa.Integer, primary_key=True))
    table = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="positive"), unique=True),
        sa.Column("o", sa.ForeignKey("o.id"), index=True),
    )
    created = ops.CreateTable.from_table(table)
    text = source_of(created, Context(naming_convention=CONVENTION))
    for name in ("pk_t", "ck_t_positive", "uq_t_a", "fk_t_o", "ix_t_o"):
        assert f'op.f("{name}")' in text
    [again] = remade([created], Context(naming_convention=CONVENTION), CONVENTION)
    assert source_of(again, Context(naming_convention=CONVENTION)) == text


def test_a_name_that_must_be_quoted_stays_so() -> None:
    name = sa.quoted_name("order", quote=True)
    drop = ops.DropColumn("t", name)
    assert source_of(drop) == 'op.drop_column("t", sa.quoted_name("order", quote=True))'


# -- tables ----------------------------------------------------------------------------------


def test_three_hundred_columns_are_no_problem() -> None:
    columns = [sa.Column(f"c{n}", sa.Integer) for n in range(300)]
    created = ops.CreateTable.from_table(sa.Table("t", sa.MetaData(), *columns))
    [again] = remade([created], Context())
    assert fingerprint(again) == fingerprint(created)


def test_the_order_inside_a_table_is_always_the_same() -> None:
    def text() -> str:
        table = sa.Table(
            "t",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            *(sa.Column(f"c{n}", sa.Integer, unique=True, index=n % 2 == 0) for n in range(9)),
            *(sa.CheckConstraint(f"c{n} > 0") for n in range(9)),
        )
        return source_of(ops.CreateTable.from_table(table))

    assert len({text() for _ in range(5)}) == 1


def test_a_default_of_the_application_does_not_become_a_serial() -> None:
    """Without its Python default, an integer key would number itself."""
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, default=7))
    [again] = remade([ops.CreateTable.from_table(table)], Context(postgresql.dialect()))
    assert isinstance(again, ops.CreateTable)
    compiled = str(sa.schema.CreateTable(again.to_table()).compile(dialect=postgresql.dialect()))
    assert "SERIAL" not in compiled
    assert "id INTEGER NOT NULL" in compiled


def test_info_is_kept_where_it_is_plain_data() -> None:
    plain = ops.CreateTable("t", (sa.Column("a", sa.Integer),), info={"bind_key": "x"})
    assert "info={" in source_of(plain)
    objects = ops.CreateTable(
        "t", (sa.Column("a", sa.Integer),), info={"model": object(), "renamed_from": "old"}
    )
    assert "info=" not in source_of(objects)


# -- data ------------------------------------------------------------------------------------


def test_rows_are_written_as_their_columns_store_them() -> None:
    import datetime as dt
    import decimal
    import enum
    import uuid

    class Color(enum.Enum):
        red = 1

    class Upper(sa.types.TypeDecorator[str]):
        impl = sa.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> str:
            return str(value).upper()

    table = sa.table(
        "t", sa.column("c", sa.Enum(Color)), sa.column("u", Upper()), sa.column("x"), schema="s"
    )
    row = {
        "c": Color.red,
        "u": "low",
        "x": (dt.datetime(2020, 1, 2, tzinfo=dt.UTC), decimal.Decimal("1.50"), uuid.UUID(int=5)),
    }
    [again] = remade([ops.BulkInsert(table, (row,), multiinsert=False)], Context())
    assert isinstance(again, ops.BulkInsert)
    assert again.rows == ({**row, "c": "red", "u": "LOW"},)
    assert again.table.schema == "s"
    assert again.multiinsert is False


def test_a_statement_with_values_is_written_as_the_database_reads_it() -> None:
    users = sa.table("users", sa.column("id"), sa.column("name", sa.String))
    update = sa.update(users).values(name="it's :x 100%").where(users.c.id == 5)
    text = source_of(ops.ExecuteSQL(update), Context(postgresql.dialect()))
    assert text == "op.execute(\"UPDATE users SET name='it''s \\\\:x 100%' WHERE users.id = 5\")"


# -- what others bring -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CreateView(ops.CustomOperation):
    """An operation of an application's own."""

    verb: ClassVar[str] = "test_render_create_view"
    name: str
    query: str = ""


def test_an_own_operation_is_invoked() -> None:
    module = CreateView.__module__
    context = Context()
    text = source_of(CreateView("v", "SELECT 1"), context)
    assert (
        text == f'op.invoke(\n    {module}.CreateView(name="v", query="SELECT 1")\n)'
        or text == (f'op.invoke({module}.CreateView(name="v", query="SELECT 1"))')
    )
    assert f"import {module}" in context.imports


def test_a_renderer_decides_and_its_lines_are_indented() -> None:
    options = CompareOptions(renderers={CreateView: lambda op, context: f"# {op.name}\npass"})
    context = Context(options=options)
    assert rendering.render(CreateView("v"), context) == "    # v\n    pass"


def test_what_cannot_be_written_is_an_error() -> None:
    with pytest.raises(CannotRender, match="a batch block has no create_enum"):
        source_of(ops.BatchAlterTable("t", (ops.CreateEnum("e", ("a",)),)))
    with pytest.raises(CannotRender, match="no literal"):
        source_of(ops.BulkInsert(sa.table("t", sa.column("a")), ({"a": object()},)))


def test_a_check_without_a_name_is_dropped_by_its_condition() -> None:
    create = ops.CreateCheckConstraint("t", "a > 0")
    assert source_of(create.reverse()) == (
        'op.drop_constraint(None, "t", type_="check", condition="a > 0")'
    )
    [again] = remade([create.reverse()], Context())
    assert source_of(again.reverse()) == source_of(create)
