"""An operation as source: the call of `op` that makes it again.

What is written follows the façade's own signatures: a parameter is an operation's field of the same
name. So an operation that is added to the vocabulary is rendered as soon as it has both.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NullType, TypeDecorator

from .. import _sa, ops
from ..catalog import EXCLUDES
from ..errors import CannotRender
from ..ops import constructs
from ..ops.facade import BatchOperations, Operations
from . import elements, layout, values
from .layout import call
from .types import type_source

if TYPE_CHECKING:
    from .context import Context

INDENT: Final = 4
# Where a parameter is not called as the field is.
_FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("create_foreign_key", "source_table"): "table_name",
    ("create_foreign_key", "source_schema"): "schema",
    ("create_foreign_key", "local_cols"): "columns",
    ("create_foreign_key", "remote_cols"): "remote_columns",
    ("create_table", "columns"): "elements",
}
_EMPTY: Final = inspect.Parameter.empty


def render(operation: ops.Operation, context: Context, *, indent: int = INDENT) -> str:
    """The statements that make this operation again, indented, without a newline at the end.

    Raises CannotRender where no source would mean the same.
    """
    return "\n".join(_lines(operation, context, "op", indent))


def _lines(op: ops.Operation, context: Context, receiver: str, indent: int) -> Iterator[str]:
    own = _renderer_for(op, context)
    if own is not None:
        yield from _indented(own(op, context), indent)
    elif isinstance(op, ops.BatchAlterTable):
        yield from _batch(op, context, indent)
    elif isinstance(op, ops.CustomOperation):
        yield layout.statement(f"{receiver}.invoke({_custom(op, context)})", indent=indent)
    else:
        source = f"{receiver}.{op.verb}({', '.join(_arguments(op, context, receiver))})"
        yield layout.statement(source, indent=indent)
        for other in _beside(op):
            yield from _lines(other, context, receiver, indent)


def _renderer_for(op: ops.Operation, context: Context) -> Callable[[Any, Any], str] | None:
    """The user's renderer for this operation, if there is one."""
    for kind in type(op).__mro__:
        if kind in context.options.renderers:
            return context.options.renderers[kind]
    return None


def _indented(text: str, indent: int) -> Iterator[str]:
    for line in text.splitlines():
        yield " " * indent + line if line.strip() else ""


def _beside(op: ops.Operation) -> Sequence[ops.Operation]:
    """What belongs to the operation and needs a statement of its own."""
    if isinstance(op, ops.AddColumn):
        return constructs.beside(op.column)
    if isinstance(op, ops.CreateTable):
        return tuple(op.to_table().info.get(EXCLUDES, ()))
    return ()


def _batch(op: ops.BatchAlterTable, context: Context, indent: int) -> Iterator[str]:
    if not op.changes:
        return
    header = f"op.batch_alter_table({', '.join(_arguments(op, context, 'op'))})"
    taken = len("with ") + len(" as batch:")
    text = layout.expression(header, indent=indent, before=len("with "), after=taken - 5)
    yield f"{' ' * indent}with {text} as batch:"
    for change in op.changes:
        yield from _lines(change, context, "batch", indent + INDENT)


def _custom(op: ops.CustomOperation, context: Context) -> str:
    path = context.path_of(type(op))
    if path is None or not dataclasses.is_dataclass(op):
        raise CannotRender(op, "it is no dataclass of a module's top level")
    written = (field for field in dataclasses.fields(op) if field.init)
    return call(path, [f"{f.name}={context.literal(getattr(op, f.name))}" for f in written])


# -- arguments -------------------------------------------------------------------------------


def _arguments(op: Any, context: Context, receiver: str) -> Iterator[str]:
    facade = Operations if receiver == "op" else BatchOperations
    for parameter in _parameters(facade, op.verb):
        name = _FIELDS.get((op.verb, parameter.name), parameter.name)
        match parameter.kind:
            case inspect.Parameter.VAR_POSITIONAL:
                yield from _several(op, name, context)
            case inspect.Parameter.VAR_KEYWORD:
                yield from _options(op, context)
            case _:
                yield from _one(op, name, parameter, context)


@lru_cache(maxsize=128)
def _parameters(facade: type[Any], verb: str) -> tuple[inspect.Parameter, ...]:
    method = getattr(facade, verb, None)
    if method is None:
        raise CannotRender(facade, f"a batch block has no {verb}; do it outside the block")
    return tuple(inspect.signature(method).parameters.values())[1:]


def _one(op: Any, name: str, parameter: inspect.Parameter, context: Context) -> Iterator[str]:
    value = _table_value(op, name) if isinstance(op, ops.CreateTable) else getattr(op, name)
    if _goes_without_saying(op, name, value, parameter.default):
        return
    text = _written(op, name, value, context)
    if text is not None:
        yield text if parameter.default is _EMPTY else f"{parameter.name}={text}"


def _table_value(op: ops.CreateTable, name: str) -> Any:
    if name == "prefixes":
        return tuple(op.prefixes or _sa.prefixes(op.to_table()))
    return getattr(op, name)


def _goes_without_saying(op: Any, name: str, value: Any, default: Any) -> bool:
    if default is _EMPTY:
        return False
    if isinstance(op, ops.DropConstraint) and name == "columns" and op.constraint_name is not None:
        return True
    if name.startswith("existing_") and value is None:
        return not _is_changed(op, name.removeprefix("existing_"))
    if value is default or (isinstance(value, str | int) and value == default):
        return True
    return isinstance(value, tuple | Mapping) and not value and not default


def _is_changed(op: Any, facet: str) -> bool:
    return (
        isinstance(op, ops.AlterColumn)
        and facet in ("server_default", "comment")
        and op.changes(facet)
    )


def _written(op: Any, name: str, value: Any, context: Context) -> str | None:
    write = _WRITERS.get(name)
    return write(op, value, context) if write is not None else context.literal(value)


def _several(op: Any, name: str, context: Context) -> Iterator[str]:
    if isinstance(op, ops.CreateTable):
        yield from elements.elements(op.to_table(context.convention), context)
    else:
        yield from elements.exclusion(getattr(op, name), context)


def _options(op: Any, context: Context) -> Iterator[str]:
    options = op.options
    if not isinstance(op, ops.AlterTableOptions | ops.AlterSequence):  # there None resets one
        options = elements.given(options)
    if isinstance(op, ops.CreateTable) and not options:
        options = op.to_table().dialect_kwargs
    yield from values.keywords(options, context)


# -- values that are no plain literals ---------------------------------------------------------


def _column(op: ops.AddColumn, value: Any, context: Context) -> str:
    table = constructs.column_table(op, context.convention)
    return elements.column(table.c[value.key], context, alone=True)


def _type(op: Any, value: Any, context: Context) -> str | None:
    return None if isinstance(value, NullType) else type_source(value, context)


def _default(op: Any, value: Any, context: Context) -> str:
    type_ = op.type_ or op.existing_type or sa.Integer()
    parent = None
    if isinstance(value, sa.DefaultClause | sa.Computed | sa.Identity):
        parent = getattr(value, "column", None)
    if parent is None and isinstance(getattr(value, "arg", value), ClauseElement):
        parent = sa.Column(op.column_name, type_, server_default=getattr(value, "arg", value))
    if parent is None and isinstance(value, sa.Computed):
        parent = sa.Column(op.column_name, type_)
    return elements.server_default(value, context, parent)


def _names(op: Any, value: Any, context: Context) -> str:
    """Columns: names, and for an index also expressions."""
    written = ", ".join(values.element(each, context) for each in value)
    return f"[{written}]"


def _expression(op: Any, value: Any, context: Context) -> str:
    return layout.string(value) if isinstance(value, str) else values.sql(value, context)


def _constraint_name(op: Any, value: Any, context: Context) -> str:
    kind = getattr(op, "kind", None) or getattr(op, "type_", None)
    return context.constraint_name(value, _CONVENTION_KEY.get(kind or "", "ck"))


_CONVENTION_KEY: Final = {
    "primary": "pk",
    "unique": "uq",
    "foreignkey": "fk",
    "check": "ck",
    "exclude": "ex",
}


def _table(op: Any, value: Any, context: Context) -> str:
    """The light table that a bulk insert names: what its rows need, as it is stored."""
    columns = [
        call(context.sa("column"), [context.name(c.name), *_known_type(c, context)])
        for c in value.c
    ]
    schema = [f"schema={context.literal(value.schema)}"] if value.schema else []
    return call(context.sa("table"), [context.name(value.name), *columns, *schema])


def _known_type(column: Any, context: Context) -> list[str]:
    return [] if isinstance(column.type, NullType) else [type_source(column.type, context)]


def _rows(op: ops.BulkInsert, rows: Any, context: Context) -> str:
    by_key = dict(op.table.c.items())
    written = []
    for row in rows:
        items = [
            f"{context.name(by_key[key].name if key in by_key else key)}: "
            f"{context.literal(_stored(value, by_key.get(key), context))}"
            for key, value in row.items()
        ]
        written.append("{" + ", ".join(items) + "}")
    return f"[{', '.join(written)}]"


def _stored(value: Any, column: Any, context: Context) -> Any:
    """A value as the storage type takes it: what a TypeDecorator makes of it, an Enum's label."""
    if column is None or isinstance(value, ClauseElement):
        return value
    type_ = column.type
    while isinstance(type_, TypeDecorator):
        value = type_.process_bind_param(value, context.dialect)
        type_ = type_.load_dialect_impl(context.dialect)
    if isinstance(type_, sa.Enum) and value is not None:
        return _sa.enum_label(type_, value)
    return value


def _copied_table(op: Any, value: sa.Table, context: Context) -> str:
    schema = [f"schema={context.literal(value.schema)}"] if value.schema else []
    parts = [context.name(value.name), call(context.sa("MetaData"), [])]
    return call(context.sa("Table"), [*parts, *elements.elements(value, context), *schema])


def _schema_items(op: Any, value: Any, context: Context) -> str:
    written = [
        elements.column(item, context, alone=True)
        if isinstance(item, sa.Column)
        else elements.constraint(item, context)
        for item in value
    ]
    return f"[{', '.join(written)}]"


_WRITERS: Final[Mapping[str, Callable[[Any, Any, Context], str | None]]] = {
    "column": _column,
    "type_": lambda op, value, context: (
        context.literal(value) if isinstance(value, str) else _type(op, value, context)
    ),
    "existing_type": _type,
    "server_default": _default,
    "existing_server_default": _default,
    "columns": _names,
    "remote_columns": _names,
    "condition": lambda op, value, context: values.condition(value, context),
    "where": _expression,
    "constraint_name": _constraint_name,
    "index_name": lambda op, value, context: context.constraint_name(value, "ix"),
    "sqltext": lambda op, value, context: values.executable(value, context),
    "info": lambda op, value, context: elements.info(value, context),
    "values": lambda op, value, context: context.literal(list(value)),
    "prefixes": lambda op, value, context: context.literal(list(value)),
    "table": _table,
    "rows": _rows,
    "copy_from": _copied_table,
    "table_args": _schema_items,
}
