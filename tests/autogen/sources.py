"""Generated source, run: the operations it makes again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from embedmig import ops
from embedmig.autogen.context import Context
from embedmig.autogen.render import render
from embedmig.catalog import Catalog
from embedmig.ops.facade import Operations


class Recorder:
    """A destination that only remembers; its catalog knows the tables made so far."""

    is_offline = True
    dialect_name = "nothing"

    def __init__(self, convention: Mapping[str, Any] | None = None) -> None:
        self.naming_convention = convention
        self.operations: list[ops.Operation] = []
        self.catalog = Catalog(naming_convention=convention)

    def apply(self, operation: ops.Operation) -> None:
        self.operations.append(operation)
        self.catalog.observe(operation)

    @property
    def connection(self) -> Any:
        raise AssertionError("no database here")

    def table(self, name: str, schema: str | None) -> sa.Table:
        return self.catalog.table(name, schema)

    def autocommit_block(self) -> Any:
        return nullcontext()


def recorded(
    function: Callable[[Any], Any], convention: Mapping[str, Any] | None = None
) -> list[ops.Operation]:
    """The operations that a function of `op` makes."""
    recorder = Recorder(convention)
    function(Operations(recorder))
    return recorder.operations


def source_of(operation: ops.Operation, context: Context | None = None) -> str:
    """The operation as source, without indentation."""
    return render(operation, context or Context(), indent=0)


def remade(
    operations: Iterable[ops.Operation],
    context: Context,
    convention: Mapping[str, Any] | None = None,
) -> list[ops.Operation]:
    """The operations, written as source and run from there."""
    lines = [render(operation, context, indent=0) for operation in operations]
    code = "\n".join([*sorted(context.imports), *lines])
    return recorded(lambda op: exec(code, {"op": op}), convention)


def execute(source: str, registry: Any = None) -> SimpleNamespace:
    """Run a whole module in an empty namespace (with a registry, where it names one)."""
    namespace: dict[str, Any] = {} if registry is None else {"registry": registry}
    exec(compile(source, "<generated>", "exec"), namespace)
    return SimpleNamespace(**namespace)
