"""Generated source is run once, without a database, before anybody is given it.

It must run in an empty module, make the operations it was made from, and every table that it
creates must be spelled as the original is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..errors import CannotRender, Irreversible, NeedsDatabase
from ..ops import AddColumn, BatchAlterTable, CreateTable, Operation
from ..ops.constructs import column_table
from ..ops.facade import Operations

if TYPE_CHECKING:
    from .context import Context


def verify(
    source: str,
    registry: str,
    context: Context,
    *,
    upgrade: Sequence[Operation],
    downgrade: Sequence[Operation] | None,
) -> None:
    """Raises CannotRender where the source does not do what it was made from.

    The source is one that imports no registry, so that the real one does not take it in; `registry`
    is the name it uses.
    """
    functions = _run(source, registry)
    _compare(upgrade, _recorded(functions[0], context), context)
    if downgrade is not None and len(functions) > 1:
        _compare(downgrade, _recorded(functions[1], context), context)
    elif len(functions) > 1:
        _recorded(functions[1], context)


_Function = Callable[[Operations], Any]


class _Stub:
    """Stands for the registry: collects what is decorated."""

    def __init__(self) -> None:
        self.functions: list[_Function] = []

    def revision(self, *_: Any, **__: Any) -> Callable[[_Function], _Stub]:
        return self._collect

    def downgrade(self, function: _Function) -> _Function:
        self.functions.append(function)
        return function

    def _collect(self, function: _Function) -> _Stub:
        self.functions.append(function)
        return self


def _run(source: str, registry: str) -> list[_Function]:
    stub = _Stub()
    code = compile(source, "<generated>", "exec")
    try:
        exec(code, {registry: stub})  # noqa: S102 - our own text
    except (ImportError, NameError) as error:
        raise CannotRender(source, f"the module does not run: {error}") from error
    return stub.functions


class _Recorder:
    """A destination that only remembers."""

    is_offline = True

    def __init__(self, context: Context) -> None:
        self.dialect_name = context.dialect.name
        self.naming_convention: Mapping[str, Any] | None = context.convention
        self.operations: list[Operation] = []

    def apply(self, operation: Operation) -> None:
        self.operations.append(operation)

    @property
    def connection(self) -> NoReturn:
        raise NeedsDatabase("op.connection")

    def table(self, name: str, schema: str | None) -> sa.Table:
        raise NeedsDatabase(f"op.table({name!r})")

    def autocommit_block(self) -> AbstractContextManager[None]:
        return nullcontext()


def _recorded(function: _Function, context: Context) -> list[Operation]:
    recorder = _Recorder(context)
    try:
        function(Operations(recorder))
    except (NeedsDatabase, Irreversible):
        return recorder.operations
    except NameError as error:
        raise CannotRender(function, f"an import is missing: {error}") from error
    return recorder.operations


def _compare(wanted: Sequence[Operation], got: Sequence[Operation], context: Context) -> None:
    made: dict[tuple[Any, ...], list[Operation]] = {}
    for operation in _flat(got):
        made.setdefault(_key(operation), []).append(operation)
    for operation in _flat(wanted):
        if not isinstance(operation, CreateTable | AddColumn):
            continue
        twins = made.get(_key(operation))
        twin = twins.pop(0) if twins else None
        if twin is not None and (before := _spelled(operation, context)) is not None:
            after = _spelled(twin, context)
            if after != before:
                raise CannotRender(operation, f"{_difference(before, after)}")


def _flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, BatchAlterTable):
            yield from _flat(operation.changes)
        else:
            yield operation


def _key(operation: Any) -> tuple[Any, ...]:
    column = getattr(operation, "column", None)
    return (
        operation.verb,
        getattr(operation, "schema", None),
        getattr(operation, "table_name", None),
        getattr(column, "name", None),
    )


def _spelled(operation: Operation, context: Context) -> list[str] | None:
    """CREATE TABLE line by line, sorted; None where this database cannot spell it at all."""
    match operation:
        case CreateTable():
            table = operation.to_table(context.convention)
        case AddColumn():
            table = column_table(operation, context.convention)
        case _:
            return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing is created here
            return _lines(table, context)
    except SQLAlchemyError:
        return None


def _lines(table: sa.Table, context: Context) -> list[str]:
    text = str(sa.schema.CreateTable(table).compile(dialect=context.dialect))
    indexes = [
        str(sa.schema.CreateIndex(index).compile(dialect=context.dialect))
        for index in table.indexes
    ]
    lines = [line.strip().rstrip(",").rstrip() for line in text.splitlines()]
    return sorted([*filter(None, lines), *indexes])


def _difference(before: list[str], after: list[str] | None) -> str:
    missing = [line for line in before if line not in (after or [])]
    extra = [line for line in after or [] if line not in before]
    return f"{missing} would become {extra}"
