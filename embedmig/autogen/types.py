"""Types as source: their storage type, with every argument, verified before it is believed.

A `TypeDecorator` is written as what it stores on this database, so that a migration needs neither
the application's code of that day nor its keys. The text is evaluated, and unless its DDL is that
of the original, it is not used.

A type that knows better writes itself: `__embedmig_render__(context) -> str`.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.exc import SQLAlchemyError, UnsupportedCompilationError
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from .. import _sa
from ..errors import CannotRender
from . import layout
from .layout import call

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from .context import Context

_SECRET = re.compile(r"key|secret|passw|passphrase|token|salt|credential", re.IGNORECASE)
# What the database never sees: how values are converted, and what belongs to a MetaData.
_NOT_STORED = frozenset(
    {
        "astext_type",
        "text_type",
        "metadata",
        "inherit_schema",
        "decimal_return_scale",
        "none_as_null",
        "quote",
    }
)
# Arguments that everybody writes by position.
_POSITIONAL = ("length", "precision", "scale", "dim")
# What Enum and its relatives take by keyword only, hidden behind **kw.
_ENUM_ARGUMENTS = (
    ("name", None),
    ("schema", None),
    ("native_enum", True),
    ("create_constraint", False),
    ("length", None),
    ("create_type", True),
    ("collation", None),
    ("charset", None),
    ("ascii", False),
    ("unicode", False),
    ("binary", False),
    ("national", False),
)


def type_source(type_: TypeEngine[Any], context: Context) -> str:
    """A type as source; raises CannotRender where no text gives the same DDL."""
    hooked = context.hook("type", type_)
    if hooked is not None:
        return hooked
    home = _home(type_, context.dialect)
    if home is not None:
        with context.on(home):
            return _own_or_built(type_, context)
    return _own_or_built(type_, context)


def _own_or_built(type_: TypeEngine[Any], context: Context) -> str:
    own = getattr(type_, "__embedmig_render__", None)
    if own is not None:
        return _verified([own(context)], type_, context)
    variants = _sa.variants_of(type_)
    if variants:
        return _with_variants(type_, variants, context)
    return _verified(_candidates(type_, context), type_, context)


def _with_variants(
    type_: TypeEngine[Any], variants: Mapping[str, TypeEngine[Any]], context: Context
) -> str:
    plain = copy.copy(type_)
    _sa.drop_variants(plain)
    text = type_source(plain, context)
    names: dict[str, list[str]] = {}
    for dialect_name, variant in variants.items():
        names.setdefault(_variant_source(variant, dialect_name, context), []).append(dialect_name)
    for source, dialects in names.items():
        arguments = [source, *(layout.string(name) for name in dialects)]
        text = call(f"{text}.with_variant", arguments)
    return text


def _variant_source(variant: TypeEngine[Any], dialect_name: str, context: Context) -> str:
    """The variant as its own database stores it."""
    dialect = _dialect_named(dialect_name)
    if dialect is None or dialect_name == context.dialect.name:
        return type_source(variant, context)
    with context.on(dialect):
        return type_source(variant, context)


@lru_cache(maxsize=16)
def _dialect_named(name: str) -> Dialect | None:
    try:
        dialect: Dialect = sa.URL.create(name).get_dialect()()
    except SQLAlchemyError:
        return None
    return dialect


# -- believing a text ------------------------------------------------------------------------


def _verified(candidates: Any, type_: TypeEngine[Any], context: Context) -> str:
    """The first text whose type is stored as the original is."""
    wanted = _storage(type_, context.dialect)
    reasons = []
    for source in candidates:
        try:
            made = context.evaluate(source)
            got = _storage(made if not isinstance(made, type) else made(), context.dialect)
        except Exception as error:  # noqa: BLE001 - a constructor of anybody's may raise anything
            reasons.append(f"{source} raises {type(error).__name__}: {error}")
            continue
        if got == wanted:
            return str(source)
        reasons.append(f"{source} is stored as {got}, not as {wanted}")
    reasons.append("neither it nor what it is made of can be imported and given its arguments")
    raise CannotRender(type_, reasons[0])


def _storage(type_: TypeEngine[Any], dialect: Dialect) -> tuple[str, ...]:
    """How a type is stored: its name in CREATE TABLE, and the statements that create it."""
    text = _type_text(type_, dialect)
    if text is None:  # not this database's, and nobody knows whose: the same class and arguments
        return (f"{type(type_)} {type_!r}",)
    if isinstance(type_, sqltypes.SchemaType):
        return (text, *_creation(type_, dialect))
    return (text,)


def _type_text(type_: TypeEngine[Any], dialect: Dialect) -> str | None:
    """Its name in CREATE TABLE; None where this database has no such type."""
    column = sa.Column("embedmig_c", type_)
    try:
        return str(dialect.type_compiler_instance.process(column.type, type_expression=column))
    except UnsupportedCompilationError:
        return None
    except (SQLAlchemyError, TypeError, ValueError) as error:
        return str(error)  # a length that is missing, say: then it is missing in both


def _creation(type_: Any, dialect: Dialect) -> list[str]:
    texts = [str(getattr(type_, name, None)) for name in ("name", "schema", "create_type")]
    emitted = MockConnection(
        dialect, lambda statement, *_: texts.append(str(statement.compile(dialect=dialect)))
    )
    if type_.name:
        with suppress(UnsupportedCompilationError):  # another database's type of the same name
            type_.create(emitted, checkfirst=False)
    table = sa.Table("embedmig_t", sa.MetaData(), sa.Column("embedmig_c", type_.copy()))
    texts += sorted(str(c.name) for c in table.constraints if _sa.is_type_bound(c))
    return texts


def _home(type_: Any, dialect: Dialect) -> Dialect | None:
    """The database a type belongs to, where the present one does not have it."""
    if _type_text(type_, dialect) is not None:
        return None
    while isinstance(type_, TypeDecorator):
        type_ = type_.impl
    item = getattr(type_, "item_type", None)
    cls = type_ if isinstance(type_, type) else type(type_)
    for each in cls.__mro__:
        parts = each.__module__.split(".")
        if parts[:2] == ["sqlalchemy", "dialects"]:
            home = _dialect_named(parts[2])
            return None if home is None or home.name == dialect.name else home
    return _home(item, dialect) if item is not None else None


# -- what might be written -------------------------------------------------------------------


def _candidates(type_: TypeEngine[Any], context: Context) -> Iterator[str]:
    stored = _stored(type_, context)
    if stored is not type_:
        with suppress(CannotRender):
            yield type_source(stored, context)
    classes = [c for c in type(type_).__mro__ if issubclass(c, TypeEngine)]
    ours = [c for c in classes if c.__module__.partition(".")[0] == "sqlalchemy"]
    for cls in [*ours, *(c for c in classes if c not in ours)]:
        if cls in _ABSTRACT:
            continue
        imports = set(context.imports)
        path = context.path_of(cls)
        if path is not None:
            yield from _constructions(path, type_, cls, context)
        context.imports = imports  # not taken: no import is needed for it


_ABSTRACT = (TypeEngine, TypeDecorator, sqltypes.UserDefinedType, sqltypes.NullType)


def _stored(type_: TypeEngine[Any], context: Context) -> TypeEngine[Any]:
    """What a TypeDecorator keeps its values in, on this database."""
    while isinstance(type_, TypeDecorator) and not isinstance(type_, sqltypes.Interval):
        stored = type_.load_dialect_impl(context.dialect)
        if stored is type_:
            break
        type_ = stored
    return type_


def _constructions(
    path: str, type_: TypeEngine[Any], cls: type[Any], context: Context
) -> Iterator[str]:
    """Calls of this class: with what differs from its defaults, then with everything."""
    try:
        arguments = _arguments(type_, cls)
        yield call(path, _written(arguments, cls, context))
        everything = _arguments(type_, cls, everything=True)
        yield call(path, _written(everything, cls, context))
    except (CannotRender, TypeError, ValueError):
        return


_Arguments = tuple[list[Any], dict[str, Any]]


def _arguments(type_: Any, cls: type[Any], *, everything: bool = False) -> _Arguments:
    labels = _labels(type_)
    if labels is not None and _takes_labels(cls):
        return list(labels), _enum_arguments(type_, cls, labels)
    parameters = _parameters(cls)
    required = [name for name, default in parameters.items() if default is _REQUIRED]
    if secrets := [name for name in required if _SECRET.search(name)]:
        raise CannotRender(type_, f"{secrets[0]!r} may be a secret, which no source should hold")
    positional = [_held(type_, name) for name in required]
    plain = None if everything else cls(*positional)
    keywords = {}
    for name, default in parameters.items():
        if name in required or name in _NOT_STORED:
            continue
        if (value := _held(type_, name)) is _REQUIRED:
            continue
        if not _same(value, default) and not _same(value, _held(plain, name)):
            keywords[name] = value
    return positional, keywords


def _written(arguments: _Arguments, cls: type[Any], context: Context) -> list[str]:
    positional, keywords = arguments
    texts = [_value(value, context) for value in positional]
    in_order = not positional
    for name in _own_parameters(cls):
        in_order = in_order and name in _POSITIONAL and name in keywords
        if not in_order:
            break
        texts.append(_value(keywords.pop(name), context))
    for name, value in keywords.items():
        if _SECRET.search(name):
            continue
        texts.append(f"{name}={_value(value, context)}")
    return texts


def _value(value: Any, context: Context) -> str:
    if isinstance(value, type) and issubclass(value, TypeEngine):
        value = value()
    return type_source(value, context) if isinstance(value, TypeEngine) else context.literal(value)


def _held(type_: Any, name: str) -> Any:
    """What the type keeps of an argument, under its name or as an underscore name."""
    return getattr(type_, name, getattr(type_, f"_{name}", _REQUIRED))


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, ClauseElement) or isinstance(other, ClauseElement):
        return value is other
    if isinstance(value, TypeEngine) or isinstance(other, TypeEngine):
        return repr(value) == repr(other)
    return value is other or bool(value == other)


# -- what a constructor takes ----------------------------------------------------------------

_REQUIRED: Any = inspect.Parameter.empty
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _parameters(cls: type[Any]) -> Mapping[str, Any]:
    """Every argument by name, with its default; those behind **kw are the parents'."""
    found: dict[str, Any] = {}
    own = _init(cls)
    for each in cls.__mro__:
        if "__init__" not in each.__dict__ or each is object:
            continue
        parameters = inspect.signature(_init(each)).parameters.values()
        for parameter in list(parameters)[1:]:
            if parameter.kind in _NAMED and not parameter.name.startswith("_"):
                optional = _init(each) is not own and parameter.default is _REQUIRED
                found.setdefault(parameter.name, None if optional else parameter.default)
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
            break
    return found


def _init(cls: type[Any]) -> Any:
    return getattr(cls, "__init__")  # noqa: B009 - on a class, not on an instance of it


def _declared(cls: type[Any]) -> list[inspect.Parameter]:
    """The arguments that the class itself, or the nearest parent with a constructor, declares."""
    return list(inspect.signature(_init(cls)).parameters.values())[1:]


def _own_parameters(cls: type[Any]) -> list[str]:
    return [p.name for p in _declared(cls) if p.kind in _NAMED]


def _takes_labels(cls: type[Any]) -> bool:
    parameters = _declared(cls)
    return bool(parameters) and parameters[0].kind is inspect.Parameter.VAR_POSITIONAL


def _labels(type_: Any) -> list[str] | None:
    """The values of an Enum or a SET."""
    labels = getattr(type_, "enums", None)
    if labels is None and isinstance(getattr(type_, "values", None), list | tuple):
        labels = type_.values
    return None if labels is None else list(labels)


def _enum_arguments(type_: Any, cls: type[Any], labels: list[str]) -> dict[str, Any]:
    defaults = {**dict(_ENUM_ARGUMENTS), "length": max(map(len, labels), default=0)}
    found = {}
    for name, default in defaults.items():
        value = getattr(type_, name, default)
        if value is not None and value != default:
            found[name] = value
    return found
