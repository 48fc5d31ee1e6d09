"""One text for what an operation does: the same in every process and for every SQLAlchemy.

It names what reaches the database (columns, types, defaults, constraints, options, data), not what
stays in Python, nor what only makes the operation reversible. The text may hold data values: hash
it, compare it, never show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from .. import _sa
from . import constructs
from .base import CustomOperation, Operation
from .plain import Columns, primary_key
from .tables import CreateTable


def fingerprint(op: Operation) -> str:
    """The canonical text of an operation; equal for operations that do the same."""
    if isinstance(op, CreateTable):
        return f"create_table({_table(op)})"
    if isinstance(op, CustomOperation):
        return f"{type(op).__module__}.{type(op).__qualname__}({_state(op)})"
    return f"{op.verb}({_fields(op)})"


# -- operations ------------------------------------------------------------------------------


def _fields(op: Any) -> str:
    parts = []
    kind: Any = type(op)
    for name, default in _compared(kind):
        value = getattr(op, name)
        if value is not default and not (isinstance(value, _CONTAINERS) and not value):
            parts.append(f"{name}={_text(value)}")
    return ", ".join(parts)


#: Empty ones say nothing. (Never compare by ==: a Column's makes an expression.)
_CONTAINERS = (tuple, dict, MappingProxyType)


@cache
def _compared(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields that count, with their defaults."""
    return tuple(
        (field.name, field.default)
        for field in fields(kind)
        if not field.name.startswith(("existing", "original", "_"))
    )


def _state(op: Any) -> str:
    if is_dataclass(op):
        return ", ".join(f"{f.name}={_text(getattr(op, f.name))}" for f in fields(op))
    return _mapping(getattr(op, "__dict__", {}))


def _table(op: CreateTable) -> str:
    if op.plain_columns is not None:
        return _plain_table(op, op.plain_columns)
    table = op.to_table()
    parts = [_name(table), *(_column(column) for column in table.columns)]
    parts += sorted(_constraints(table.constraints, table))
    parts += sorted(fingerprint(constructs.index_operation_of(i, table)) for i in table.indexes)
    if op.if_not_exists:
        parts.append("if_not_exists")
    if table.comment is not None:
        parts.append(f"comment={table.comment!r}")
    if op.prefixes:
        parts.append(f"prefixes={op.prefixes!r}")
    if options := _sa.given_options(table):
        parts.append(_mapping(options))
    return ", ".join(parts)


def _plain_table(op: CreateTable, columns: Columns) -> str:
    """The same, without putting a Table together."""
    parts = [op.full_name, *map(_column, columns)]
    parts += _key_text(op.table_name, op.schema, None, primary_key(columns))
    if op.if_not_exists:
        parts.append("if_not_exists")
    return ", ".join(parts)


def _name(table: Any) -> str:
    schema = getattr(table, "schema", None)
    return f"{schema!s}.{table.name!s}" if schema else str(table.name)


def _constraints(constraints: Iterable[sa.Constraint], table: Any) -> Iterator[str]:
    for constraint in constraints:
        if isinstance(constraint, sa.PrimaryKeyConstraint) and not _sa.given_options(constraint):
            yield from _primary_key(constraint, table)
            continue
        if _sa.is_type_bound(constraint):
            continue
        made = constructs.operation_of(constraint, table)
        if made is None:
            yield f"{type(constraint).__name__}({constraint.name!s})"
        elif getattr(made, "columns", True):
            yield fingerprint(made)


def _primary_key(key: sa.PrimaryKeyConstraint, table: Any) -> Iterator[str]:
    """The fingerprint of its operation without making one: every table has a key."""
    return _key_text(table.name, table.schema, key.name, key)


def _key_text(table: str, schema: Any, name: Any, columns: Iterable[Any]) -> Iterator[str]:
    named = (("table_name", table), ("schema", schema), ("constraint_name", name))
    parts = [f"{name}={_text(value)}" for name, value in named if value is not None]
    if names := [column.name for column in columns]:
        yield f"create_primary_key({', '.join(parts)}, columns={_sequence(names)})"


# -- columns ---------------------------------------------------------------------------------


def _column(column: sa.Column[Any]) -> str:
    parts = [str(column.name), _type(column.type)]
    if not column.nullable:
        parts.append("not null")
    if column.primary_key:
        parts.append("primary key")
    if column.autoincrement != "auto":
        parts.append(f"autoincrement={column.autoincrement!r}")
    if column.server_default is not None:
        parts.append(_default(column.server_default))
    if column.comment is not None:
        parts.append(f"comment={column.comment!r}")
    if options := _sa.given_options(column):
        parts.append(_mapping(options))
    if column.constraints:
        parts += sorted(_constraints(column.constraints, column.table))
    return f"[{' '.join(parts)}]"


def _loose_column(column: sa.Column[Any]) -> str:
    """A column that stands in no table, with what will come with it."""
    parts = [_column(column)] if not column.constraints else [_column(_on_table(column))]
    parts += [flag for flag in ("unique", "index") if getattr(column, flag)]
    parts += sorted(_reference(key) for key in column.foreign_keys)
    parts += [fingerprint(op) for op in constructs.beside(column)]
    return " ".join(parts)


def _on_table(column: sa.Column[Any]) -> sa.Column[Any]:
    table = sa.Table("t", sa.MetaData(), _sa.copy_column(column))
    return table.c[column.key]


def _reference(key: sa.ForeignKey) -> str:
    options = (key.name, key.onupdate, key.ondelete, key.deferrable, key.initially, key.match)
    return f"references {_sa.referent_of(key)!r} {options!r}"


def _default(default: Any) -> str:
    if isinstance(default, sa.Computed):
        return f"computed({_text(default.sqltext)}, {default.persisted!r})"
    if isinstance(default, sa.Identity):
        names = ("always", "start", "increment", "minvalue", "maxvalue", "cycle", "cache")
        return f"identity({[getattr(default, name) for name in names]!r})"
    return f"default={_text(getattr(default, 'arg', default))}"


# -- types -----------------------------------------------------------------------------------

#: What of a type reaches the database.
_STORED = ("length", "precision", "scale", "timezone", "collation", "dimensions", "schema")


def _type(type_: TypeEngine[Any]) -> str:
    if not _sa.is_plain(type_):
        return _type_text(type_)
    key = _sa.written_like(type_)
    text = _PLAIN_TYPES.get(key)
    if text is None:
        text = _type_text(type_)
        if key:
            _PLAIN_TYPES[key] = text
    return text


#: The texts of everyday types, by what they are written like: a history has few, in many columns.
_PLAIN_TYPES: dict[tuple[Any, ...], str] = {}


def _type_text(type_: TypeEngine[Any]) -> str:
    parts = [
        f"{name}={value!r}"
        for name in _STORED
        if (value := getattr(type_, name, None)) is not None and value is not False
    ]
    if isinstance(type_, sa.Enum):
        parts = [repr(tuple(type_.enums)), f"name={type_.name!s}", *parts]
    item = getattr(type_, "item_type", None)
    if item is not None:
        parts.append(_type(item))
    if isinstance(type_, sa.types.TypeDecorator):
        parts.append(_type(type_.impl_instance))
    if isinstance(type_, sa.types.UserDefinedType) and hasattr(type_, "get_col_spec"):
        parts.append(str(type_.get_col_spec()))
    others = _sa.variants(type_)[1:]
    if others:
        parts += sorted(_type(other) for other in others)
    return f"{type(type_).__name__}({', '.join(parts)})"


# -- values ----------------------------------------------------------------------------------


def _text(value: Any) -> str:
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        return simple(value)
    for kind, render in _KINDS:
        if isinstance(value, kind):
            return render(value)
    if isinstance(value, Operation):
        return fingerprint(value)
    if is_dataclass(value):
        return f"{type(value).__name__}({_state(value)})"
    text = repr(value)
    return type(value).__qualname__ if " at 0x" in text else text


def _mapping(values: Mapping[Any, Any]) -> str:
    pairs = sorted((str(key), _text(value)) for key, value in values.items())
    return f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"


def _sequence(values: Iterable[Any]) -> str:
    return f"({', '.join(map(_text, values))})"


def _expression(expression: ClauseElement) -> str:
    if isinstance(expression, sa.TextClause):
        bound = {name: bind.value for name, bind in _sa.text_binds(expression).items()}
        return f"text({expression.text!r}{_mapping(bound) if any(bound.values()) else ''})"
    compiled = expression.compile()
    return f"sql({str(compiled)!r}{_mapping(compiled.params or {})})"


_SIMPLE: Mapping[type[Any], Callable[[Any], str]] = {
    str: repr,
    int: repr,
    bool: repr,
    float: repr,
    bytes: repr,
    type(None): repr,
    tuple: _sequence,
    list: _sequence,
    dict: _mapping,
}

_KINDS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (sa.Column, _loose_column),
    # The rows tell the columns, as far as they count.
    (sa.sql.expression.TableClause, _name),
    (TypeEngine, _type),
    ((sa.Computed, sa.Identity, sa.FetchedValue), _default),
    (ClauseElement, _expression),
    (Mapping, _mapping),
    (str, lambda value: repr(str(value))),
    ((set, frozenset), lambda value: _sequence(sorted(value, key=str))),
    ((tuple, list), _sequence),
)
