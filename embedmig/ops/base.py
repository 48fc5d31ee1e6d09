"""What every operation is: inert data with a verb, a way back and a description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from ..errors import Irreversible

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ClauseElement

#: "leave as it is", where None already means "remove": Alembic's own sentinel.
UNCHANGED: Final = False
Unchanged = Literal[False]

_NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})


def no_options() -> Mapping[str, Any]:
    """The one empty mapping: the default of every `options`."""
    return _NO_OPTIONS


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One change, as data. It holds no connection and cannot run itself.

    Two operations compare by what they render (`embedmig.ops.fingerprint`), since SQLAlchemy's
    schema items have no structural equality.
    """

    verb: ClassVar[str]

    def reverse(self) -> Operation:
        """The operation that undoes this one; raises Irreversible where none can be known."""
        raise Irreversible(self)

    def describe(self) -> str:
        """A short sentence for logs, events and errors; never a bound value."""
        return self.verb.replace("_", " ")


@dataclass(frozen=True, slots=True, eq=False)
class TableOperation(Operation):
    """An operation on one table, the table's name first."""

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    @property
    def full_name(self) -> str:
        """The name for humans: schema.table."""
        return f"{self.schema}.{self.table_name}" if self.schema else self.table_name

    def describe(self) -> str:
        return f"{Operation.describe(self)} {self.full_name}"


class CustomOperation(Operation):
    """The base of an application's own operations: they carry their own spelling.

    Subclass it (usually as a frozen dataclass), give it a `verb`, and answer `statements`. Run it
    with `op.invoke(MyOperation(...))`. It is rendered, replayed and resumed as any operation.
    """

    __slots__ = ()

    def statements(self, dialect_name: str) -> Iterable[str | ClauseElement]:
        """The SQL of this operation for a database, by SQLAlchemy's dialect name.

        A string is sent as it stands; a SQLAlchemy construct is compiled for the database.
        """
        raise NotImplementedError(f"{type(self).__name__}.statements")

    def has_happened(self, connection: Connection) -> bool:
        """Whether its effect is there, for a run that died beside it; False runs it again.

        Asked only where DDL cannot be rolled back.
        """
        return False


def frozen_options(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy, shared where it is empty."""
    return MappingProxyType(dict(options)) if options else _NO_OPTIONS
