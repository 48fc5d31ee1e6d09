"""Python values and SQL expressions as source."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, Label, TextClause, quoted_name
from sqlalchemy.sql.functions import FunctionElement

from .. import _sa
from ..errors import CannotRender
from . import layout
from .layout import call

if TYPE_CHECKING:
    from .context import Context

# Where text() might see a bind parameter, or take a backslash away; SQLAlchemy's versions differ.
_is_special = re.compile(r"(?<![:\w\\]):\w|\\:")

_BRACKETS: Mapping[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}")}


# -- Python values ---------------------------------------------------------------------------


def literal(value: Any, context: Context) -> str:
    """A value as source that evaluates to it; raises CannotRender where there is none."""
    if isinstance(value, ClauseElement):
        return sql(value, context)
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return context.name(value) if isinstance(value, quoted_name) else layout.string(value)
    if type(value) in _PLAIN:
        return repr(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        items = (f"{literal(k, context)}: {literal(v, context)}" for k, v in value.items())
        return "{" + ", ".join(items) + "}"
    if type(value) in _BRACKETS and (value or type(value) is not set):
        opening, closing = _BRACKETS[type(value)]
        comma = "," if type(value) is tuple and len(value) == 1 else ""
        return opening + literals(value, context) + comma + closing
    return _object(value, context)


_PLAIN = (bool, int, bytes, type(None))


def literals(values: Iterable[Any], context: Context) -> str:
    """Several values, separated by commas."""
    return ", ".join(literal(value, context) for value in values)


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return call("float", [layout.string(str(value))])


def _object(value: Any, context: Context) -> str:
    match value:
        case enum.Enum():
            return literal(value.value, context)
        case decimal.Decimal():
            context.require("import decimal")
            return call("decimal.Decimal", [layout.string(str(value))])
        case uuid.UUID():
            context.require("import uuid")
            return call("uuid.UUID", [layout.string(str(value))])
        case dt.date() | dt.time() | dt.timedelta() | dt.timezone():
            return _moment(value, context)
        case set() | frozenset():
            return call(type(value).__name__, [f"[{literals(value, context)}]"] if value else [])
        case bytearray() | memoryview():
            return repr(bytes(value))
    raise CannotRender(value, "there is no literal for it")


def _moment(value: Any, context: Context) -> str:
    context.require("import datetime")
    zone = getattr(value, "tzinfo", None)
    if zone is None or isinstance(zone, dt.timezone):
        return repr(value)
    if (key := getattr(zone, "key", None)) is None:
        raise CannotRender(zone, "this time zone has no name")
    context.require("import zoneinfo")
    bare = repr(value.replace(tzinfo=None))
    return f"{bare[:-1]}, tzinfo=zoneinfo.ZoneInfo({layout.string(key)}))"


# -- SQL -------------------------------------------------------------------------------------


def sql(expression: Any, context: Context) -> str:
    """An expression as `sa.text(…)`."""
    return call(context.sa("text"), [layout.string(sql_text(expression, context))])


def sql_text(expression: Any, context: Context) -> str:
    """An expression as the text that `sa.text()` takes: values written in, `:name` escaped."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, TextClause) and not _values(expression):
        return expression.text
    return escaped(compiled(expression, context))


def escaped(text: str) -> str:
    """SQL as `sa.text()` must be given it, so that no `:name` becomes a bind parameter.

    All colons or none: an escaped one is only taken for that where no bare one follows.
    """
    return text.replace(":", "\\:") if _is_special.search(text) else text


def compiled(expression: Any, context: Context, **options: Any) -> str:
    """The SQL of an expression for this database, without table names and bind parameters."""
    compiler = context.dialect.statement_compiler(context.dialect, None)
    try:
        text: str = compiler.process(expression, include_table=False, literal_binds=True, **options)
    except (SQLAlchemyError, NotImplementedError) as error:
        raise CannotRender(expression, str(error)) from error
    return text


def _values(clause: TextClause) -> dict[str, Any]:
    """The parameters that have got a value."""
    binds = clause.compile().binds
    return {name: bind for name, bind in binds.items() if not bind.required}


def condition(expression: Any, context: Context) -> str:
    """A CHECK's condition: text as a plain string, which CheckConstraint takes."""
    hooked = context.hook("condition", expression)
    return hooked if hooked is not None else layout.string(sql_text(expression, context))


def executable(statement: Any, context: Context) -> str:
    """What `op.execute` is given."""
    if isinstance(statement, str):
        return layout.string(statement)
    if isinstance(statement, TextClause):
        return _text_with_values(statement, context)
    try:
        compiled = statement.compile(
            dialect=context.dialect, compile_kwargs={"literal_binds": True}
        )
    except (SQLAlchemyError, NotImplementedError) as error:
        raise CannotRender(statement, str(error)) from error
    return layout.string(escaped(str(compiled)))


def _text_with_values(clause: TextClause, context: Context) -> str:
    text = call(context.sa("text"), [layout.string(clause.text)])
    values = _values(clause)
    if not values:
        return text
    binds = [
        call(context.sa("bindparam"), [layout.string(name), literal(bind.value, context)])
        for name, bind in values.items()
    ]
    return call(f"{text}.bindparams", binds)


# -- what an index and an exclusion constraint are made of -------------------------------------


def element(expression: Any, context: Context) -> str:
    """One element of an index: a column's name, text, or an expression as it is spelled here."""
    if isinstance(expression, str):
        return context.name(expression)
    if isinstance(expression, ColumnClause) and not expression.is_literal:
        return context.name(expression.name)
    if isinstance(expression, TextClause):
        return sql(expression, context)
    label = expression.name if isinstance(expression, Label) else None
    inner = expression.element if isinstance(expression, Label) else expression
    text = escaped(_index_element(inner, context))
    if label is None:
        return call(context.sa("text"), [layout.string(text)])
    source = call(context.sa("literal_column"), [layout.string(_index_element(inner, context))])
    return f"{source}.label({layout.string(label)})"


def _index_element(expression: Any, context: Context) -> str:
    """The element as it stands in CREATE INDEX, with the parentheses that this database wants."""
    from ..ops import CreateIndex
    from ..ops.constructs import index_of

    index = index_of(CreateIndex("embedmig_i", "embedmig_t", (expression,)))
    try:
        statement = str(sa.schema.CreateIndex(index).compile(dialect=context.dialect))
    except SQLAlchemyError as error:
        raise CannotRender(expression, str(error)) from error
    return statement[statement.index("(") + 1 : statement.rindex(")")]


def option(value: Any, context: Context) -> str:
    """A dialect option's value: columns by their names, expressions as text."""
    if isinstance(value, ColumnClause) and not value.is_literal:
        return context.name(value.name)
    if isinstance(value, list | tuple):
        opening, closing = _BRACKETS[list]
        return opening + ", ".join(option(each, context) for each in value) + closing
    if isinstance(value, Mapping):
        items = (f"{literal(k, context)}: {option(v, context)}" for k, v in value.items())
        return "{" + ", ".join(items) + "}"
    return literal(value, context)


def keywords(options: Mapping[str, Any], context: Context) -> list[str]:
    """Options as keyword arguments, in order of their names."""
    found = []
    for key in sorted(options):
        value = option(options[key], context)
        found.append(f"{key}={value}" if key.isidentifier() else f"**{{{key!r}: {value}}}")
    return found


# -- server defaults -------------------------------------------------------------------------


def default_expression(expression: Any, column: sa.Column[Any] | None, context: Context) -> str:
    """A server default that is neither text nor a string: the shortest that spells the same."""
    if column is None:
        return _default_candidates(expression, context)[0]
    wanted = column_default(column, context)
    for candidate in _default_candidates(expression, context):
        bare = _sa.rebuilt_column(
            column, server_default=sa.DefaultClause(context.evaluate(candidate))
        )
        if column_default(bare, context) == wanted:
            return candidate
    raise CannotRender(expression, f"no text gives DEFAULT {wanted}")


def _default_candidates(expression: Any, context: Context) -> list[str]:
    text = compiled(expression, context)
    candidates = [
        call(context.sa("text"), [layout.string(escaped(text))]),
        call(context.sa("literal_column"), [layout.string(text)]),
        call(context.sa("text"), [layout.string(escaped(f"({text})"))]),
    ]
    if isinstance(expression, FunctionElement) and not len(expression.clauses):
        name = getattr(expression, "name", "")
        if getattr(sa.func, name)().__class__ is type(expression) and name.isidentifier():
            candidates.insert(0, f"{context.sa('func')}.{name}()")
    return candidates


def column_default(column: sa.Column[Any], context: Context) -> str:
    """The column as CREATE TABLE spells it, for comparing its default."""
    table = _sa.build_table("embedmig_t", [_sa.rebuilt_column(column, type_=sa.Integer())])
    return str(context.ddl_compiler.get_column_specification(next(iter(table.c))))
