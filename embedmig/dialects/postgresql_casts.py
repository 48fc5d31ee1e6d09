"""Where ALTER COLUMN … TYPE needs to be told how the values are carried over.

Without USING the server takes an assignment cast only. There is one from everything to text, but
none from text to anything else: https://www.postgresql.org/docs/current/typeconv-query.html.
Between strings nothing is written: an explicit cast would cut a value that is too long, where the
assignment refuses it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import types

_STRINGS, _NUMBERS, _MOMENTS = "string", "number", "moment"

_FAMILIES: tuple[tuple[Any, str], ...] = (
    (types.Enum, "enum"),
    (types.String, _STRINGS),
    (types.Boolean, "boolean"),
    ((types.Integer, types.Numeric), _NUMBERS),
    ((types.Date, types.DateTime), _MOMENTS),
    (types.Time, "time"),
    (types.Interval, "interval"),
    (types.LargeBinary, "binary"),
    (types.JSON, "json"),
    (types.Uuid, "uuid"),
    (types.ARRAY, "array"),
)


def family(type_: Any) -> str:
    """Types that assignment casts lead between."""
    return next((name for kinds, name in _FAMILIES if isinstance(type_, kinds)), repr(type_))


def cast_needed(before: Any, after: Any) -> str | None:
    """What follows the column's name in USING, `{}` being the new type; None for nothing."""
    if before is None or after is None:
        return None
    old, new = family(before), family(after)
    if old == new or new == _STRINGS:
        return None
    direct = {old, new} <= {"boolean", "number"} and _is_integer(before) and _is_integer(after)
    if old == _STRINGS or direct:
        return "::{}"
    return "::text::{}"


def _is_integer(type_: Any) -> bool:
    # Only the plain integer has a cast from and to boolean.
    return isinstance(type_, types.Boolean) or (
        isinstance(type_, types.Integer)
        and not isinstance(type_, types.BigInteger | types.SmallInteger)
    )
