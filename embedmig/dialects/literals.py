"""Every value as a literal, per database.

A value takes the way it takes to a driver, through its type's own conversion, and is then written
down by what it is in Python. What no literal can hold raises InvalidOperation.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
import re
import sys
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.ranges import AbstractRange

from ..errors import InvalidOperation

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect
    from sqlalchemy.types import TypeEngine

Writer = Callable[[Any], str]

_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


class Literals:
    """Literals in standard SQL."""

    #: How TRUE and FALSE are written where the database has no boolean type.
    numbers_for_booleans: ClassVar[tuple[str, str]] = ("0", "1")

    def __init__(self, dialect: SQLAlchemyDialect) -> None:
        self.dialect = dialect
        self.writers: Mapping[type[Any], Writer] = {
            str: self.text,
            int: str,
            bool: self.boolean,
            float: self.real,
            Decimal: self.decimal,
            bytes: self.binary,
            bytearray: self.binary,
            memoryview: self.binary,
            dt.datetime: self.datetime,
            dt.date: self.date,
            dt.time: self.time,
            dt.timedelta: self.timedelta,
            uuid.UUID: self.uuid,
            type(None): lambda _: "NULL",
        }

    # -- by type -----------------------------------------------------------------------------

    def of(self, value: Any, type_: TypeEngine[Any] | None = None) -> str:
        """The literal of a value that stands for a column or a bind parameter of this type."""
        return self.writer(type_ if type_ is not None else sa.types.NULLTYPE)(value)

    def operand(self, value: Any, type_: TypeEngine[Any]) -> str:
        """The same inside an expression, where a sign must not meet an operator."""
        text = self.of(value, type_)
        return f"({text})" if text.startswith("-") else text

    def writer(self, type_: TypeEngine[Any]) -> Writer:
        """What writes values of a type, for many of them."""
        impl = type_.dialect_impl(self.dialect)
        convert = impl.bind_processor(self.dialect)
        stored = impl.impl_instance if isinstance(impl, sa.types.TypeDecorator) else impl
        write = self.writer_for(stored)
        takes_none = type_.should_evaluate_none or isinstance(impl, sa.types.TypeDecorator)

        def written(value: Any) -> str:
            if value is None and not takes_none:
                return "NULL"
            found = value if convert is None else convert(value)
            return "NULL" if found is None else write(found)

        return written

    def writer_for(self, stored: TypeEngine[Any]) -> Writer:
        """What writes converted values of this type."""
        return self.plain

    def plain(self, value: Any) -> str:
        """The literal of a value by its Python type alone."""
        write = self.writers.get(type(value))
        if write is not None:
            return write(value)
        if isinstance(value, enum.Enum):
            return self.plain(value.value)
        for kind, write in self.writers.items():
            if kind is not bool and isinstance(value, kind):
                return write(kind(value) if kind in (str, int, float) else value)
        raise InvalidOperation(
            f"a value of type {type(value).__qualname__} cannot be written as a literal for "
            f"{self.dialect.name}; give the column or bind parameter a type that converts it"
        )

    # -- by value ----------------------------------------------------------------------------

    def text(self, value: str) -> str:
        """A string."""
        return self.quoted(self.checked(value))

    def checked(self, value: str) -> str:
        """The string itself; raises for what no script can carry."""
        if "\0" in value:
            raise InvalidOperation("a string with a NUL character cannot be written into a script")
        if not value.isascii() and _HALF_OF_A_PAIR.search(value):
            raise InvalidOperation("a string with half a surrogate pair cannot be encoded")
        return value

    def quoted(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def boolean(self, value: bool) -> str:  # noqa: FBT001 - it is the value
        if self.dialect.supports_native_boolean:
            return "true" if value else "false"
        return self.numbers_for_booleans[value]

    def real(self, value: float) -> str:
        """A float, with an exponent so that no database takes it for a decimal number."""
        if not math.isfinite(value):
            return self.not_finite(value)
        text = repr(value)
        return text if "e" in text else f"{text}e0"

    def decimal(self, value: Decimal) -> str:
        return format(value, "f") if value.is_finite() else self.not_finite(value)

    def not_finite(self, value: float | Decimal) -> str:
        raise InvalidOperation(f"{self.dialect.name} has no literal for {value}")

    def binary(self, value: bytes) -> str:
        return f"X'{bytes(value).hex()}'"

    def datetime(self, value: dt.datetime) -> str:
        return f"'{value.isoformat(' ')}'"

    def date(self, value: dt.date) -> str:
        return f"'{value.isoformat()}'"

    def time(self, value: dt.time) -> str:
        return f"'{value.isoformat()}'"

    def timedelta(self, value: dt.timedelta) -> str:
        raise InvalidOperation(
            f"{self.dialect.name} has no literal for an interval; use the type Interval"
        )

    def uuid(self, value: uuid.UUID) -> str:
        return f"'{value}'"


def _range(value: Any) -> str:
    """A range as PostgreSQL reads it, or several of them."""
    return f"{{{','.join(map(str, value))}}}" if isinstance(value, list | tuple) else str(value)


class PostgreSQLLiterals(Literals):
    """Typed where the type could not be guessed from the place."""

    def writer_for(self, stored: TypeEngine[Any]) -> Writer:
        if isinstance(stored, sa.ARRAY):
            return self._array(stored)
        if isinstance(stored, sa.JSON):
            cast = stored.compile(dialect=self.dialect)
            return lambda value: f"CAST({self.plain(value)} AS {cast})"
        if isinstance(stored, AbstractRange):
            cast = stored.compile(dialect=self.dialect)
            return lambda value: f"CAST({self.text(_range(value))} AS {cast})"
        return self.plain

    def _array(self, stored: sa.ARRAY[Any]) -> Writer:
        write = self.writer_for(stored.item_type.dialect_impl(self.dialect))
        cast = stored.compile(dialect=self.dialect)

        def items(value: Any) -> str:
            if isinstance(value, list | tuple):
                return f"ARRAY[{', '.join(map(items, value))}]"
            return "NULL" if value is None else write(value)

        return lambda value: (
            f"CAST({items(value)} AS {cast})" if value else f"CAST('{{}}' AS {cast})"
        )

    def plain(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return f"ARRAY[{', '.join(map(self.plain, value))}]"
        return super().plain(value)

    def quoted(self, value: str) -> str:
        """E'…' means the same whatever standard_conforming_strings says."""
        if "\\" in value:
            return "E" + super().quoted(value.replace("\\", "\\\\"))
        return super().quoted(value)

    def real(self, value: float) -> str:
        return repr(value) if math.isfinite(value) else self.not_finite(value)

    def not_finite(self, value: float | Decimal) -> str:
        name = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
        return f"'{name}'::{'float8' if isinstance(value, float) else 'numeric'}"

    def binary(self, value: bytes) -> str:
        """decode() means the same whatever standard_conforming_strings says."""
        return f"decode('{bytes(value).hex()}', 'hex')"

    def datetime(self, value: dt.datetime) -> str:
        zone = " WITH TIME ZONE" if value.tzinfo is not None else ""
        return f"TIMESTAMP{zone} {super().datetime(value)}"

    def date(self, value: dt.date) -> str:
        return f"DATE {super().date(value)}"

    def time(self, value: dt.time) -> str:
        zone = " WITH TIME ZONE" if value.tzinfo is not None else ""
        return f"TIME{zone} {super().time(value)}"

    def timedelta(self, value: dt.timedelta) -> str:
        text = f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
        return f"INTERVAL '{text}'"

    def uuid(self, value: uuid.UUID) -> str:
        return f"'{value}'::uuid"


_FRAGILE = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]+")


class SQLiteLiterals(Literals):
    """As Python's driver would bind them."""

    def quoted(self, value: str) -> str:
        """Control characters by their number: the command line tool changes CR LF to LF."""
        if _FRAGILE.search(value) is None:
            return super().quoted(value)
        parts, place = [], 0
        for found in _FRAGILE.finditer(value):
            if found.start() > place:
                parts.append(super().quoted(value[place : found.start()]))
            parts.append(f"char({', '.join(str(ord(c)) for c in found.group())})")
            place = found.end()
        if place < len(value):
            parts.append(super().quoted(value[place:]))
        return f"({' || '.join(parts)})"

    def real(self, value: float) -> str:
        """SQLite does not read every text of a number as the nearest one; a power of two, as whole
        numbers that fit, changes no digit."""
        if not math.isfinite(value) or _is_read_exactly(value):
            return super().real(value)
        fraction, exponent = math.frexp(value)
        exponent -= sys.float_info.mant_dig
        factors = [62] * (abs(exponent) // 62) + [abs(exponent) % 62]
        sign = "*" if exponent > 0 else "/"
        scaled = "".join(f"{sign}{2**factor}" for factor in factors)
        return f"({int(fraction * 2**sys.float_info.mant_dig)}*1.0{scaled})"

    def not_finite(self, value: float | Decimal) -> str:
        """Out of range is infinite; what is no number is stored as NULL."""
        if math.isnan(value):
            return "NULL"
        return "9e999" if value > 0 else "-9e999"


def _is_read_exactly(value: float) -> bool:
    """Whether one multiplication by a power of ten that fits into 64 bits, rounded twice, gives the
    number: its text is not half-way to the next one, and has a small exponent."""
    text = Decimal(repr(value))
    if value.is_integer() and abs(value) < 2**sys.float_info.mant_dig:
        return True
    if not -22 <= text.adjusted() <= 22 or not -22 <= int(text.as_tuple().exponent) <= 22:
        return False
    written, exact = Fraction(text), Fraction(value)
    beyond = Fraction(math.nextafter(value, math.inf if written > exact else -math.inf))
    return abs(written - exact) <= abs(beyond - exact) * Fraction(49, 100)


_ESCAPES = {
    "\\": "\\\\", "'": "''", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z",
}  # fmt: skip
_ESCAPED = re.compile("[\\\\'\n\r\x1a]")


class MySQLLiterals(Literals):
    """With backslash escapes; the script sets a mode that has them."""

    def quoted(self, value: str) -> str:
        return f"'{_ESCAPED.sub(lambda found: _ESCAPES[found.group()], value)}'"

    def datetime(self, value: dt.datetime) -> str:
        """Without the zone, as every driver sends it: the type has none."""
        return super().datetime(value.replace(tzinfo=None))

    def time(self, value: dt.time) -> str:
        return super().time(value.replace(tzinfo=None))

    def timedelta(self, value: dt.timedelta) -> str:
        """A TIME, which counts hours up to 838."""
        sign, positive = ("-", -value) if value < dt.timedelta() else ("", value)
        seconds = positive.days * 86400 + positive.seconds
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"'{sign}{clock}.{positive.microseconds:06}'"


class MSSQLLiterals(Literals):
    """N'…', and dates that no language setting reads otherwise."""

    def quoted(self, value: str) -> str:
        return ("" if value.isascii() else "N") + super().quoted(value)

    def binary(self, value: bytes) -> str:
        return f"0x{bytes(value).hex()}"

    def datetime(self, value: dt.datetime) -> str:
        type_ = "datetimeoffset" if value.tzinfo is not None else "datetime2"
        return f"CAST('{value.isoformat()}' AS {type_})"

    def date(self, value: dt.date) -> str:
        return f"CAST('{value.isoformat()}' AS date)"

    def time(self, value: dt.time) -> str:
        return f"CAST('{value.replace(tzinfo=None).isoformat()}' AS time)"


#: Bytes that a literal may have (https://docs.oracle.com/error-help/db/ora-01704/).
_ORACLE_LONGEST = 4000
#: SQL*Plus reads lines of 2,499 characters, and so long is a piece with every character escaped.
_ORACLE_PIECE = 400


def _escapes(value: str) -> bool:
    return not (value.isascii() and value.isprintable())


class OracleLiterals(Literals):
    """Long strings in pieces; characters beyond ASCII by their code, whatever NLS_LANG is, and
    line breaks too: SQL*Plus ends a statement at a `;` or `/` that ends a line inside a string."""

    def quoted(self, value: str) -> str:
        size = _ORACLE_PIECE if _escapes(value) else _ORACLE_LONGEST // 4
        if len(value) <= size:
            return self._piece(value)
        pieces = [value[i : i + size] for i in range(0, len(value), size)]
        return "\n  || ".join(f"TO_CLOB({self._piece(piece)})" for piece in pieces)

    def _piece(self, value: str) -> str:
        if not _escapes(value):
            return super().quoted(value)
        units = value.replace("\\", "\\005c").encode("utf-16-be")
        codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
        escaped = "".join(chr(c) if 32 <= c < 127 else f"\\{c:04x}" for c in codes)
        return f"UNISTR({super().quoted(escaped)})"

    def real(self, value: float) -> str:
        return repr(value) if math.isfinite(value) else self.not_finite(value)

    def not_finite(self, value: float | Decimal) -> str:
        if math.isnan(value):
            return "BINARY_DOUBLE_NAN"
        return f"{'' if value > 0 else '-'}BINARY_DOUBLE_INFINITY"

    def binary(self, value: bytes) -> str:
        if len(value) > _ORACLE_LONGEST // 2:
            raise InvalidOperation(
                f"{len(value)} bytes are too long for a literal of Oracle's (2000 at most)"
            )
        return f"HEXTORAW('{bytes(value).hex()}')"

    def datetime(self, value: dt.datetime) -> str:
        return f"TIMESTAMP '{value.isoformat(' ')}'"

    def date(self, value: dt.date) -> str:
        return f"DATE '{value.isoformat()}'"

    def timedelta(self, value: dt.timedelta) -> str:
        sign, positive = ("-", -value) if value < dt.timedelta() else ("", value)
        seconds = positive.seconds
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        number = f"{sign}{positive.days} {clock}.{positive.microseconds:06}"
        return f"INTERVAL '{number}' DAY(9) TO SECOND(6)"
