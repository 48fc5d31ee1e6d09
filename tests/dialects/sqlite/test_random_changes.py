"""Random tables, random changes: what was not asked to change is byte-equal, and no row is lost."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from embedmig import ops
from embedmig.dialects.sqlite.table_text import CHECK, FOREIGN_KEY, PRIMARY_KEY, UNIQUE, parse
from embedmig.dialects.sqlite.tokens import significant
from embedmig.errors import EmbedmigError, InvalidOperation

from .harness import MODULES, Database
from .schemas import Made, tables


def examples(count: int) -> settings:
    """So many examples, however many the filters reject."""
    return settings(max_examples=count, suppress_health_check=list(HealthCheck))


FOREIGN_KEY_CHECK = "PRAGMA foreign_key_check"
VALUES = st.sampled_from([None, 0, 1, 5, -7, 2.5, "x", "12", "", "it's", b"\x00y", "(", "k1"])


@st.composite
def operations(draw: st.DrawFn, made: Made) -> ops.Operation:
    """One change of the table."""
    column = draw(st.sampled_from(made.columns))
    table = made.table
    types = [sa.Integer(), sa.Text(), sa.REAL()] if made.strict else [
        sa.Integer(), sa.String(50), sa.Float(), sa.Numeric(8, 2), sa.LargeBinary(), sa.JSON()
    ]  # fmt: skip
    facets: list[dict[str, Any]] = [
        {"type_": draw(st.sampled_from(types))},
        {"nullable": draw(st.booleans())},
        {"server_default": draw(st.sampled_from([None, "z", sa.text("(1 + 1)")]))},
        {"new_column_name": draw(st.sampled_from(["fresh", "new name", "table"]))},
        {"type_": types[0], "nullable": False, "server_default": "3", "new_column_name": "all"},
    ]
    new = sa.Column("added", types[0], server_default=draw(st.sampled_from([None, "4"])))
    return draw(
        st.sampled_from(
            [
                *(ops.AlterColumn(table, column, **facet) for facet in facets),
                ops.AddColumn(table, new),
                ops.AddColumn(table, new, insert_after=column),
                ops.AddColumn(table, sa.Column("ref", types[0], sa.ForeignKey("parent.id"))),
                ops.DropColumn(table, column),
                ops.CreateUniqueConstraint(table, (column,), constraint_name="uq_new"),
                ops.CreateCheckConstraint(table, "1 = 1", constraint_name="ck_new"),
                ops.CreateForeignKey(table, "parent", (column,), ("k",), constraint_name="fk_new"),
                ops.CreatePrimaryKey(table, (column,)),
                ops.DropConstraint(table, type_="primary"),
                ops.CreateIndex("ix_new", table, (column,), unique=True),
                ops.BatchAlterTable(table, (), recreate="always"),
            ]
        )
    )


def fill(database: Database, made: Made, rows: list[list[Any]]) -> None:
    """Insert what the table takes; what it refuses is left out."""
    database.run("INSERT INTO parent VALUES (1, 'k1'), (2, 'x'), (3, '12')")
    generated = {c.name for c in parse(database.text(made.table)).columns if c.is_generated}
    names = [name for name in made.columns if name not in generated]
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    for row in rows:
        marks = ", ".join("?" * len(names))
        try:
            database.connection.exec_driver_sql(
                f'INSERT INTO "{made.table}" ({quoted}) VALUES ({marks})', tuple(row[: len(names)])
            )
        except sa.exc.DBAPIError:
            continue


def touched(operation: ops.Operation) -> set[str]:
    """The columns that the operation may change."""
    names = {getattr(operation, "column_name", None), getattr(operation, "new_column_name", None)}
    return {name for name in names if name}


def untouched_parts(sql: str, operation: ops.Operation) -> list[str]:
    """The texts of the columns and constraints that the operation has nothing to do with."""
    table = parse(sql)
    names = touched(operation)
    is_key = "primary" in (getattr(operation, "kind", ""), getattr(operation, "type_", ""))
    columns = [
        column
        for column in table.columns
        if column.name not in names and not (is_key and column.of(PRIMARY_KEY))
    ]
    constraints = [
        clause
        for clause in table.constraints
        if not any(clause.mentions(name) for name in names)
        and not (is_key and clause.kind == PRIMARY_KEY)
    ]
    return [sql[item.start : item.end] for item in [*columns, *constraints]]


@pytest.mark.parametrize("module", MODULES)
@examples(75)
@given(made=tables(), data=st.data())
def test_a_change_loses_nothing(module: Any, made: Made, data: st.DataObject) -> None:
    """A typed error leaves everything as it was; success changes what was asked, nothing else."""
    rows = data.draw(st.lists(st.lists(VALUES, min_size=5, max_size=5), max_size=6))
    operation = data.draw(operations(made))
    # SQLite cannot rename a column whose name stands in the text as a string.
    assume(not (getattr(operation, "new_column_name", None) and "'str'" in made.sql))
    with Database(module=module) as database:
        made.install(database.connection.connection.driver_connection)
        fill(database, made, rows)
        before, texts = database.dump(), database.texts()
        rows_before = database.rows(made.table)
        rowids = database.rowids(made.table) if made.rowid else []
        complaints = database.complaints()
        violations = violated(database) if references_hold(database) else None
        try:
            database.apply(operation)
        except EmbedmigError:
            assert database.dump() == before
            return
        database.assert_sound(complaints)
        check_texts(database, made, operation, texts)
        check_rows(database, made, operation, rows_before)
        alias = parse(database.text(made.table)).rowid_alias
        if made.rowid and alias is None:
            assert database.rowids(made.table) == rowids
        if violations is not None and not isinstance(operation, ops.DropColumn):
            after = violated(database)
            if alias is not None:  # it may be new, and has renumbered the rows
                after, violations = ({(t, p) for t, _, p in v} for v in (after, violations))
            assert after <= violations


def violated(database: Database) -> set[tuple[Any, ...]]:
    """The violations of foreign keys: table, row, and the table that it should refer to."""
    return {row[:3] for row in database.run(FOREIGN_KEY_CHECK)}


def references_hold(database: Database) -> bool:
    """Whether every foreign key has a parent key, so that SQLite can check it."""
    try:
        database.run(FOREIGN_KEY_CHECK)
    except sa.exc.OperationalError:
        return False
    return True


def check_texts(
    database: Database, made: Made, operation: ops.Operation, before: dict[str, str]
) -> None:
    """Indexes, triggers, views and the table's other parts are byte-equal."""
    after = database.texts()
    renamed = getattr(operation, "new_column_name", None)
    for key, text in before.items():
        if key == f"table {made.table}":
            continue
        if key not in after:
            assert isinstance(operation, ops.DropColumn)
            assert operation.column_name in text.replace('""', '"').replace("``", "`")
        elif not renamed:
            assert after[key] == text
    if not renamed and not isinstance(operation, ops.DropColumn):
        old = before[f"table {made.table}"]
        for part in untouched_parts(old, operation):
            assert part in after[f"table {made.table}"]


def check_rows(
    database: Database, made: Made, operation: ops.Operation, before: list[dict[str, Any]]
) -> None:
    """Every row is there, with the same values in every column that was not asked to change."""
    after = database.rows(made.table)
    assert len(after) == len(before)
    names = touched(operation)
    generated = {c.name for c in parse(database.text(made.table)).columns if c.is_generated}
    kept = [name for name in made.columns if name not in names and name not in generated]
    kept = [name for name in kept if not after or name in after[0]]
    if not isinstance(operation, ops.DropColumn):
        assert len(kept) >= len(set(made.columns) - names - generated)
    assert_same_rows(after, before, kept)


def assert_same_rows(
    one: list[dict[str, Any]], other: list[dict[str, Any]], names: list[str]
) -> None:
    """The same values, whatever the order of rows (another primary key may give another)."""
    key = lambda row: repr([(type(row[n]).__name__, row[n]) for n in names])  # noqa: E731
    assert sorted(map(key, one)) == sorted(map(key, other))


def significant_texts(made: Made) -> list[str]:
    """The tokens of the table's text."""
    return [token.text for token in significant(made.sql)]


def there_and_back(made: Made) -> list[tuple[ops.Operation, ops.Operation]]:
    """Pairs of a change and what undoes it."""
    table, column = made.table, made.columns[-1]
    new = sa.Column("added", sa.Integer(), server_default="4")
    unique = ops.CreateUniqueConstraint(table, (column,), constraint_name="uq_new")
    check = ops.CreateCheckConstraint(table, "1 = 1", constraint_name="ck_new")
    foreign = ops.CreateForeignKey(table, "parent", (column,), ("k",), constraint_name="fk_new")
    pairs: list[tuple[ops.Operation, ops.Operation]] = []
    if not {"[d e]", "'str'", "`e``f`"} & set(significant_texts(made)):
        # SQLite writes a renamed column back in double quotes, whatever quotes it had.
        there = ops.RenameColumn(table, column, "zz")
        pairs.append((there, there.reverse()))
    return [
        *pairs,
        (ops.AddColumn(table, new), ops.DropColumn(table, "added")),
        (ops.AddColumn(table, new, insert_before=column), ops.DropColumn(table, "added")),
        *((create, create.reverse()) for create in (unique, check, foreign)),
        (ops.CreateIndex("ix_new", table, (column,)), ops.DropIndex("ix_new", table)),
    ]


@pytest.mark.parametrize("module", MODULES)
@examples(50)
@given(made=tables(), data=st.data())
def test_a_change_and_its_way_back_restore_every_text(
    module: Any, made: Made, data: st.DataObject
) -> None:
    """The schema is byte for byte as at the start, and so are the rows."""
    there, back = data.draw(st.sampled_from(there_and_back(made)))
    rows = data.draw(st.lists(st.lists(VALUES, min_size=5, max_size=5), max_size=4))
    with Database(module=module) as database:
        made.install(database.connection.connection.driver_connection)
        fill(database, made, rows)
        before, complaints = database.dump(), database.complaints()
        try:
            database.apply(there)
        except EmbedmigError:
            assume(False)
        database.apply(back)
        database.assert_sound(complaints)
        assert database.dump() == before


@examples(60)
@given(tables())
def test_every_constraint_can_be_dropped_by_what_it_is(made: Made) -> None:
    """By name where it has one, else by kind and columns; the other constraints stay as written."""
    kinds = {UNIQUE: "unique", FOREIGN_KEY: "foreignkey", CHECK: "check"}
    with Database() as database:
        made.install(database.connection.connection.driver_connection)
        for clause in parse(database.text(made.table)).clauses:
            if clause.kind not in kinds or (clause.kind == CHECK and not clause.name):
                continue
            count = len(parse(database.text(made.table)).clauses)
            drop = ops.DropConstraint(
                made.table,
                constraint_name=clause.name,
                type_=kinds[clause.kind],
                columns=() if clause.name else clause.columns,
            )
            try:
                database.apply(drop)
            except InvalidOperation:  # a child refers to it
                continue
            left = parse(database.text(made.table)).clauses
            gone = count - len(left)
            assert gone >= 1
            assert gone == 1 or clause.kind == FOREIGN_KEY  # with its stand-alone DEFERRABLE
            database.assert_sound()


@pytest.mark.parametrize("recreate", ["always"])
def test_an_empty_batch_that_recreates_changes_no_byte(recreate: str) -> None:
    """recreate="always" with nothing to change is a rebuild that nobody sees."""
    with Database() as database:
        database.run("CREATE TABLE t(a, -- note\n b TEXT)", "INSERT INTO t VALUES (1, 'x')")
        before = database.dump()
        database.apply(ops.BatchAlterTable("t", (), recreate=recreate))
        assert database.was_rebuilt()
        assert database.dump() == before
