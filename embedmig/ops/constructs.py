"""Between operations, which hold names and text, and SQLAlchemy's constraints and indexes.

Constraint and index objects belong to one table, so an operation's is built at the moment of use,
on a private table that has only the columns it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql import visitors

from .. import _sa
from ..errors import InvalidOperation
from .base import CustomOperation, TableOperation, frozen_options
from .columns import AddColumn
from .constraints import (
    CreateCheckConstraint,
    CreateConstraint,
    CreateForeignKey,
    CreatePrimaryKey,
    CreateUniqueConstraint,
    DropConstraint,
)
from .data import ExecuteSQL
from .indexes import CreateIndex
from .tables import BatchAlterTable

if TYPE_CHECKING:
    from .base import Operation

Convention = Mapping[str, Any] | None


# -- operations → constructs -----------------------------------------------------------------


def constraint_of(op: CreateConstraint, convention: Convention = None) -> sa.Constraint:
    """The constraint, on a private table; its name is final, the convention being applied."""
    return attach_constraint(op, _private_table(op, convention))


def attach_constraint(op: CreateConstraint, table: sa.Table) -> sa.Constraint:
    """Build the constraint on this table, which gets the columns it lacks."""
    try:
        return _attach(op, table)
    except (ArgumentError, TypeError) as error:
        raise InvalidOperation(f"{op.describe()}: {error}") from error


def _private_table(op: TableOperation, convention: Convention) -> sa.Table:
    return sa.Table(op.table_name, _sa.private_metadata(convention), schema=op.schema)


def _attach(op: CreateConstraint, table: sa.Table) -> sa.Constraint:
    made: sa.Constraint
    name = op.constraint_name
    match op:
        case CreatePrimaryKey():
            names = _with_columns(table, op.columns, op.options)
            made = sa.PrimaryKeyConstraint(*names, name=name, **_timing(op), **op.options)
        case CreateUniqueConstraint():
            names = _with_columns(table, op.columns, op.options)
            made = sa.UniqueConstraint(*names, name=name, **_timing(op), **op.options)
        case CreateForeignKey():
            made = _foreign_key(op, table)
        case CreateCheckConstraint():
            return _sa.check_on(table, op.condition, name=name, **_timing(op), **op.options)
        case _:
            raise InvalidOperation(f"{op.describe()}: no construct is known for {op.verb}")
    table.append_constraint(made)
    return made


def _timing(op: Any) -> dict[str, Any]:
    return {"deferrable": op.deferrable, "initially": op.initially}


def _foreign_key(op: CreateForeignKey, table: sa.Table) -> sa.ForeignKeyConstraint:
    _with_columns(table, op.columns)
    referent = _referent(op, table)
    _with_columns(referent, op.remote_columns)
    return sa.ForeignKeyConstraint(
        list(op.columns),
        [referent.c[name] for name in op.remote_columns],
        name=op.constraint_name,
        onupdate=op.onupdate,
        ondelete=op.ondelete,
        match=op.match,
        **_timing(op),
        **op.options,
    )


def _referent(op: CreateForeignKey, table: sa.Table) -> sa.Table:
    if (op.referent_table, op.referent_schema) == (table.name, table.schema):
        return table
    info = {_sa.PLACEHOLDER: True}
    return sa.Table(
        op.referent_table,
        table.metadata,
        schema=op.referent_schema,
        info=info,
        extend_existing=True,
    )


def _with_columns(
    table: sa.Table, names: Iterable[str], options: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Give the table the columns it lacks; options such as `…_include` name some more."""
    wanted = tuple(names)
    for name in (*wanted, *_included(options or {})):
        if name not in table.c:
            table.append_column(sa.Column(name))
    return wanted


def _included(options: Mapping[str, Any]) -> Iterator[str]:
    for key, value in options.items():
        if key.endswith("_include") and value:
            yield from (name for name in value if isinstance(name, str))


def index_of(op: CreateIndex, convention: Convention = None) -> sa.Index:
    """The index, on a private table."""
    table = sa.Table(op.table_name, _sa.private_metadata(convention), schema=op.schema)
    return attach_index(op, table)


def attach_index(op: CreateIndex, table: sa.Table) -> sa.Index:
    """Build the index on this table, which gets the columns it lacks."""
    expressions = [_on_table(table, expression) for expression in op.columns]
    _with_columns(table, (), op.options)
    try:
        return _sa.index_on(table, op.index_name, expressions, unique=op.unique, **op.options)
    except (ArgumentError, TypeError) as error:
        raise InvalidOperation(f"{op.describe()}: {error}") from error


def _on_table(table: sa.Table, expression: Any) -> Any:
    """The expression with its columns being those of `table`."""

    def column(element: Any, **_: Any) -> Any:
        return _named(table, element) if isinstance(element, sa.Column) else None

    if isinstance(expression, str):
        expression = sa.Column(expression)
    if isinstance(expression, sa.Column):
        return _named(table, expression)
    return visitors.replacement_traverse(expression, {}, column)


def _named(table: sa.Table, column: sa.Column[Any]) -> sa.Column[Any]:
    if column.name not in table.c:
        table.append_column(sa.Column(column.name, column.type))
    return table.c[column.name]


_NOT_PLAIN = (sa.types.SchemaType, sa.types.NullType, sa.types.TypeDecorator, sa.ARRAY)


def is_plain(column: sa.Column[Any]) -> bool:
    """Whether a column is a name, a type and a nullability: nothing comes beside it."""
    return not (
        column.foreign_keys
        or column.constraints
        or column.index
        or column.unique
        or column.primary_key
        or column.comment is not None
        or column.server_default is not None
        or isinstance(column.type, _NOT_PLAIN)
        or _sa.variants_of(column.type)
        or _BESIDE in _sa.given_info(column)
    )


def column_table(op: AddColumn, convention: Convention = None) -> sa.Table:
    """A private table that holds only the new column, with its constraints and index."""
    table = _private_table(op, convention)
    table.append_column(_sa.column_beside(op.column, op.table_name, op.schema))
    _sa.add_placeholders(table)
    return table


def final_constraint_name(op: DropConstraint, convention: Convention = None) -> str | None:
    """The name a constraint was given when it was created under the naming convention."""
    name = op.constraint_name
    maker = _MAKERS.get(op.type_ or "")
    if name is None or not convention or maker is None:
        return name
    create = maker(op)
    made = constraint_of(create, convention).name
    return str(made) if made is not None and not isinstance(name, sa.sql.elements.conv) else name


_MAKERS: Mapping[str, Any] = {
    "unique": lambda op: CreateUniqueConstraint(
        op.table_name, op.columns or ("x",), constraint_name=op.constraint_name, schema=op.schema
    ),
    "check": lambda op: CreateCheckConstraint(
        op.table_name, "", constraint_name=op.constraint_name, schema=op.schema
    ),
    "foreignkey": lambda op: CreateForeignKey(
        op.table_name,
        "x",
        op.columns or ("x",),
        op.columns or ("x",),
        constraint_name=op.constraint_name,
        schema=op.schema,
    ),
    "primary": lambda op: CreatePrimaryKey(
        op.table_name, op.columns or ("x",), constraint_name=op.constraint_name, schema=op.schema
    ),
}


def columns_of(op: CreateConstraint) -> tuple[str, ...]:
    """The columns a constraint stands on, as far as it lists them."""
    if isinstance(op, CreatePrimaryKey | CreateUniqueConstraint | CreateForeignKey):
        return op.columns
    return ()


#: Where a dropped column keeps what stood on it, so that adding it again brings that back.
_BESIDE = "embedmig_beside"


def with_beside(column: sa.Column[Any], operations: Iterable[Operation]) -> sa.Column[Any]:
    """The column, remembering the constraints and indexes that stand on it."""
    column.info[_BESIDE] = tuple(operations)
    return column


def beside(column: sa.Column[Any]) -> tuple[Operation, ...]:
    """What `with_beside` remembered: to be created after the column."""
    remembered: tuple[Operation, ...] = _sa.given_info(column).get(_BESIDE, ())
    return remembered


def with_its_besides(op: AddColumn) -> AddColumn | BatchAlterTable:
    """The operation itself, or with what `with_beside` remembered as one batch."""
    remembered = beside(op.column)
    if not remembered:
        return op
    column = _sa.copy_column(op.column)
    column.info = own_info(column)
    changes = (replace(op, column=column), *remembered)
    return BatchAlterTable(op.table_name, changes, schema=op.schema)


def own_info(column: sa.Column[Any]) -> dict[Any, Any]:
    """The column's info without what `with_beside` put there."""
    return {key: value for key, value in column.info.items() if key != _BESIDE}


# -- constructs → operations -----------------------------------------------------------------


def operation_of(constraint: sa.Constraint, table: sa.Table) -> CreateConstraint | None:
    """The operation that creates this constraint; None where there is none (EXCLUDE, others)."""
    common: dict[str, Any] = {
        "constraint_name": constraint.name,
        "schema": table.schema,
        "options": frozen_options(_sa.given_options(constraint)),
    }
    timing: dict[str, Any] = {
        "deferrable": constraint.deferrable,
        "initially": constraint.initially,
    }
    match constraint:
        case sa.PrimaryKeyConstraint():
            names = tuple(c.name for c in constraint)
            return CreatePrimaryKey(table.name, names, **common, **timing)
        case sa.UniqueConstraint():
            names = tuple(c.name for c in constraint)
            return CreateUniqueConstraint(table.name, names, **common, **timing)
        case sa.ForeignKeyConstraint():
            return _foreign_key_operation(constraint, table, {**common, **timing})
        case sa.CheckConstraint():
            return CreateCheckConstraint(table.name, constraint.sqltext, **common, **timing)
    return None


def _foreign_key_operation(
    constraint: sa.ForeignKeyConstraint, table: sa.Table, common: dict[str, Any]
) -> CreateForeignKey:
    referents = [_sa.referent_of(element) for element in constraint.elements]
    schema, name, _ = referents[0]
    local = tuple(column.name for column in constraint.columns)
    return CreateForeignKey(
        table.name,
        name,
        local,
        tuple(remote or own for (_, _, remote), own in zip(referents, local, strict=True)),
        referent_schema=schema,
        onupdate=constraint.onupdate,
        ondelete=constraint.ondelete,
        match=constraint.match,
        **common,
    )


def index_operation_of(index: sa.Index, table: sa.Table) -> CreateIndex:
    """The operation that creates this index."""
    return CreateIndex(
        index.name,
        table.name,
        tuple(e.name if isinstance(e, sa.Column) else e for e in _sa.index_expressions(index)),
        schema=table.schema,
        unique=bool(index.unique),
        options=frozen_options(dict(index.dialect_kwargs)),
    )


#: The verbs of operations that change rows; raw SQL among them may do anything.
DATA_VERBS = ("execute", "bulk_insert")


def is_raw_sql(op: Operation) -> bool:
    """Whether the operation may change the schema in a way that only the database knows."""
    if isinstance(op, CustomOperation):
        return True
    if not isinstance(op, ExecuteSQL):
        return False
    text = op.sqltext
    if isinstance(text, sa.TextClause):
        text = text.text
    if isinstance(text, str):
        return _first_word(text) not in _DATA_STATEMENTS
    return isinstance(text, sa.schema.ExecutableDDLElement)


_DATA_STATEMENTS = frozenset(
    {"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "SELECT", "VALUES", "WITH", "SET", "LOCK"}
)


def _first_word(text: str) -> str:
    lines = (line.split("--", 1)[0] for line in text.splitlines())
    words = " ".join(lines).replace("(", " ").split(None, 1)
    return words[0].upper() if words else "SELECT"
