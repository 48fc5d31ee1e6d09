"""What a table is made of, as source: columns, constraints and indexes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from .. import _sa
from ..errors import CannotRender
from ..ops.constructs import own_info
from . import layout, values
from .layout import call
from .types import type_source

if TYPE_CHECKING:
    from .context import Context

# -- columns ---------------------------------------------------------------------------------


def column(item: sa.Column[Any], context: Context, *, alone: bool = False) -> str:
    """A column; `alone` (not in a table) it carries its keys, constraints and index itself."""
    hooked = context.hook("column", item)
    if hooked is not None:
        return hooked
    arguments = [
        context.name(item.name),
        type_source(item.type, context),
        *_inside(item, context, alone=alone),
        *_facets(item, context, alone=alone),
        *values.keywords(item.dialect_kwargs, context),
    ]
    return call(context.sa("Column"), arguments)


def _inside(item: sa.Column[Any], context: Context, *, alone: bool) -> Iterator[str]:
    """What stands in a Column by position."""
    if isinstance(item.server_default, sa.Computed | sa.Identity):
        yield server_default(item.server_default, context, item)
    if alone:
        for key in sorted(item.foreign_keys, key=lambda key: str(_sa.resolved_referent(key))):
            yield _foreign_key(key, context)
    for constraint in _sa.in_order(item.constraints):
        if isinstance(constraint, sa.CheckConstraint) and not _sa.is_type_bound(constraint):
            yield _check(constraint, context)


def _facets(item: sa.Column[Any], context: Context, *, alone: bool) -> Iterator[str]:
    """What stands in a Column by keyword."""
    default = item.server_default
    if default is not None and not isinstance(default, sa.Computed | sa.Identity):
        yield f"server_default={server_default(default, context, item)}"
    if alone:
        for flag in ("primary_key", "unique", "index"):
            if getattr(item, flag):
                yield f"{flag}=True"
    if (numbering := _autoincrement(item, context)) is not None:
        yield f"autoincrement={numbering!r}"
    if not item.nullable and not (alone and item.primary_key) and not _is_unsaid(item, context):
        yield "nullable=False"
    elif item.nullable and (item.primary_key or isinstance(default, sa.Identity)):
        yield "nullable=True"
    if item.comment is not None:
        yield f"comment={layout.string(item.comment)}"
    if item.system:
        yield "system=True"
    info = own_info(item)
    if info and (text := _literal_or_none(_without_hints(info), context)):
        yield f"info={text}"


def _is_unsaid(item: sa.Column[Any], context: Context) -> bool:
    """MariaDB takes no NOT NULL for a generated column, and SQLAlchemy leaves it out unless told.

    https://mariadb.com/docs/server/reference/sql-statements/data-definition/create/generated-columns
    """
    return item.computed is not None and getattr(context.dialect, "is_mariadb", False)


def _autoincrement(item: sa.Column[Any], context: Context) -> Any:
    """The flag; False where only a default of the application's kept the database from numbering.

    That default is not written, and without it the column would become a SERIAL, say.
    """
    if item.autoincrement is False and not item.primary_key:
        return None  # reflection says so of every column
    if item.autoincrement not in ("auto", True) or item.default is None or not item.primary_key:
        return None if item.autoincrement == "auto" else item.autoincrement
    with_default, without = (
        _key_column(item, context, default=default) for default in (item.default, None)
    )
    return None if with_default == without else False


def _key_column(item: sa.Column[Any], context: Context, *, default: Any) -> str:
    table = _sa.build_table("embedmig_t", [_sa.rebuilt_column(item, default=default)])
    return str(context.ddl_compiler.get_column_specification(table.c[item.key]))


def server_default(default: Any, context: Context, item: sa.Column[Any] | None = None) -> str:
    """A server default, identity or generation expression."""
    hooked = context.hook("server_default", default)
    if hooked is not None:
        return hooked
    match default:
        case sa.Computed():
            return _computed(default, context)
        case sa.Identity():
            return _identity(default, context)
        case sa.DefaultClause():
            default = default.arg
        case sa.FetchedValue():
            return call(context.sa("FetchedValue"), [])
    if default is None or default is False or isinstance(default, str):
        return repr(default) if not isinstance(default, str) else layout.string(default)
    if isinstance(default, sa.TextClause):
        return values.sql(default, context)
    return values.default_expression(default, item, context)


def _computed(item: sa.Computed, context: Context) -> str:
    arguments = [layout.string(values.sql_text(item.sqltext, context))]
    persisted = item.persisted
    if persisted is None:
        persisted = _persisted(context)
    if persisted is not None:
        arguments.append(f"persisted={persisted}")
    return call(context.sa("Computed"), arguments)


def _persisted(context: Context) -> bool | None:
    """STORED or VIRTUAL, said in words: what "unsaid" means changes with versions."""

    def spelled(*, persisted: bool | None) -> str | None:
        generated = sa.Computed("0", persisted=persisted)
        table = _sa.build_table("embedmig_t", [sa.Column("c", sa.Integer(), generated)])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that it depends on the version is why we ask
                return str(context.ddl_compiler.get_column_specification(table.c["c"]))
        except SQLAlchemyError:
            return None

    unsaid = spelled(persisted=None)
    return next((said for said in (True, False) if spelled(persisted=said) == unsaid), None)


_IDENTITY = ("always", "on_null", "start", "increment", "minvalue", "maxvalue", "nominvalue")
_IDENTITY_OPTIONS = (*_IDENTITY, "nomaxvalue", "cycle", "cache", "order")


def _identity(item: sa.Identity, context: Context) -> str:
    arguments = [
        f"{name}={context.literal(value)}"
        for name in _IDENTITY_OPTIONS
        if (value := getattr(item, name, None)) not in (None, False)
        or (value is False and name == "cycle")
    ]
    dialect = getattr(item, "dialect_kwargs", {})
    return call(context.sa("Identity"), [*arguments, *values.keywords(dialect, context)])


def _foreign_key(key: sa.ForeignKey, context: Context) -> str:
    schema, table, name = _sa.resolved_referent(key)
    target = _target(schema, table, name, context)
    return call(context.sa("ForeignKey"), [target, *_foreign_key_options(key, context)])


def _foreign_key_options(item: Any, context: Context) -> Iterator[str]:
    yield from _named(item if item.name else getattr(item, "constraint", item), "fk", context)
    for name in ("onupdate", "ondelete", "deferrable", "initially", "use_alter", "match"):
        value = getattr(item, name, None)
        if value is not None and not (name == "use_alter" and value is False):
            yield f"{name}={context.literal(value)}"
    yield from values.keywords(item.dialect_kwargs, context)


def _target(schema: str | None, table: str, name: str | None, context: Context) -> str:
    """What a foreign key points to: "schema.table.column"."""
    parts = [part for part in (schema, table, name) if part is not None]
    if name is not None and not any("." in part for part in (table, name)):
        return layout.string(".".join(parts))
    if hasattr(sa, "ForeignKeyTarget") and name is not None:  # SQLAlchemy 2.1: names with dots
        words = [layout.string(word) for word in (table, name)]
        words += [f"schema={layout.string(schema)}"] if schema is not None else []
        return call(context.sa("ForeignKeyTarget"), words)
    return layout.string(".".join(parts))


# -- tables ----------------------------------------------------------------------------------


def elements(table: sa.Table, context: Context) -> list[str]:
    """Everything inside a table, in an order that is always the same."""
    constraints = [c for c in table.constraints if not _sa.is_type_bound(c)]
    return [
        *(column(item, context) for item in table.columns),
        *_sorted(constraint(item, context) for item in constraints if _says_something(item)),
        *sorted(index(item, context) for item in table.indexes),
    ]


def _says_something(item: sa.Constraint) -> bool:
    return not isinstance(item, sa.PrimaryKeyConstraint) or bool(len(item.columns))


def _sorted(texts: Iterable[str]) -> list[str]:
    """The primary key first, the rest by kind, columns and name."""
    return sorted(texts, key=lambda text: (not text.startswith("sa.PrimaryKey"), text))


def constraint(item: sa.Constraint, context: Context) -> str:
    """A constraint of a table."""
    hooked = context.hook("constraint", item)
    if hooked is not None:
        return hooked
    for kind, write in _CONSTRAINTS.items():
        if isinstance(item, kind):
            return write(item, context)
    if (parts := _sa.exclusion_parts(item)) is not None:
        return _exclude(item, parts, context)
    raise CannotRender(item, "it is a kind of constraint that is not known here")


def _primary_key(item: Any, context: Context) -> str:
    return _over_columns("PrimaryKeyConstraint", "pk", item, context)


def _unique(item: Any, context: Context) -> str:
    return _over_columns("UniqueConstraint", "uq", item, context)


def _over_columns(function: str, kind: str, item: Any, context: Context) -> str:
    names = [context.name(c.name) for c in item.columns]
    options = [
        *_named(item, kind, context),
        *_timing(item),
        *values.keywords(item.dialect_kwargs, context),
    ]
    return call(context.sa(function), [*names, *options])


def _foreign_key_constraint(item: Any, context: Context) -> str:
    local = context.literal([c.name for c in item.columns])
    targets = [_target(*_sa.resolved_referent(key), context) for key in item.elements]
    remote = f"[{', '.join(targets)}]"
    options = _foreign_key_options(item, context)
    return call(context.sa("ForeignKeyConstraint"), [local, remote, *options])


def _check(item: Any, context: Context) -> str:
    arguments = [
        values.condition(item.sqltext, context),
        *_named(item, "ck", context),
        *_timing(item),
        *values.keywords(item.dialect_kwargs, context),
    ]
    return call(context.sa("CheckConstraint"), arguments)


def _named(item: Any, kind: str, context: Context) -> list[str]:
    name = context.constraint_name(item.name, kind)
    comment = getattr(item, "comment", None)
    return [
        *([] if name == "None" else [f"name={name}"]),
        *([] if comment is None else [f"comment={layout.string(comment)}"]),
    ]


def _timing(item: Any) -> list[str]:
    return [
        f"{name}={value!r}" if isinstance(value, bool) else f"{name}={layout.string(value)}"
        for name in ("deferrable", "initially")
        if (value := getattr(item, name, None)) is not None
    ]


_CONSTRAINTS: Mapping[type[Any], Callable[[Any, Context], str]] = {
    sa.PrimaryKeyConstraint: _primary_key,
    sa.UniqueConstraint: _unique,
    sa.ForeignKeyConstraint: _foreign_key_constraint,
    sa.CheckConstraint: _check,
}


def exclusion(pairs: Iterable[tuple[Any, str]], context: Context) -> list[str]:
    """The elements of an exclusion constraint: (what, operator) pairs."""
    return [f"({_excluded(what, context)}, {layout.string(operator)})" for what, operator in pairs]


def _excluded(what: Any, context: Context) -> str:
    if isinstance(what, sa.sql.elements.ColumnElement) and not isinstance(what, sa.Column):
        return values.sql(what.self_group(), context)
    return values.element(what, context)


def _exclude(item: Any, pairs: list[tuple[Any, str]], context: Context) -> str:
    path = context.path_of(type(item))
    if path is None:
        raise CannotRender(item, "its class cannot be imported")
    arguments = [*exclusion(pairs, context), *_named(item, "ex", context)]
    if item.where is not None:
        arguments.append(f"where={values.sql(item.where, context)}")
    arguments.append(f"using={layout.string(item.using)}")
    if item.ops:
        arguments.append(f"ops={context.literal(dict(item.ops))}")
    return call(path, [*arguments, *_timing(item)])


def index(item: sa.Index, context: Context) -> str:
    """An index of a table."""
    hooked = context.hook("index", item)
    if hooked is not None:
        return hooked
    arguments = [
        context.constraint_name(item.name, "ix"),
        *(values.element(each, context) for each in _sa.index_expressions(item)),
        *(["unique=True"] if item.unique else []),
        *values.keywords(given(item.dialect_kwargs), context),
    ]
    return call(context.sa("Index"), arguments)


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say something; reflection also gives empty ones."""
    return {k: v for k, v in options.items() if not (v is None or v in ([], {}, ()))}


# -- info ------------------------------------------------------------------------------------

_HINTS = frozenset({"renamed_from"})


def info(mapping: Mapping[Any, Any], context: Context) -> str | None:
    """A table's info where it is plain data; objects of the application stay with it."""
    return _literal_or_none(_without_hints(mapping), context)


def _without_hints(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        key: value
        for key, value in mapping.items()
        if key not in _HINTS and not str(key).startswith("embedmig_")
    }


def _literal_or_none(mapping: Mapping[Any, Any], context: Context) -> str | None:
    try:
        return context.literal(dict(mapping)) if mapping else None
    except CannotRender:
        return None
