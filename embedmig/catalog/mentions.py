"""Which columns a constraint, an index or an expression speaks of, and the same after a rename."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from .. import _sa, ops
from ..ops import constructs


def _word(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.'\"`\[])([\"`\[]?){re.escape(name)}([\"`\]]?)(?![\w'])", re.IGNORECASE
    )


def _mentions(expression: Any, name: str) -> bool:
    if isinstance(expression, str):
        return _word(name).search(expression) is not None
    if isinstance(expression, sa.TextClause):
        return _word(name).search(expression.text) is not None
    return any(
        element.name == name or _word(name).search(str(element.name)) is not None
        for element in visitors.iterate(expression)
        if isinstance(element, sa.sql.expression.ColumnClause)
    ) or any(
        _mentions(element, name)
        for element in visitors.iterate(expression)
        if isinstance(element, sa.TextClause)
    )


def constraint_speaks_of(constraint: ops.CreateConstraint, name: str) -> bool:
    """Whether the constraint stands on the column or names it."""
    if name in constructs.columns_of(constraint):
        return True
    if isinstance(constraint, ops.CreateCheckConstraint):
        return _mentions(constraint.condition, name)
    if isinstance(constraint, ops.CreateExcludeConstraint):
        return any(_mentions(expression, name) for expression, _ in constraint.elements)
    return False


def index_speaks_of(index: ops.CreateIndex, name: str) -> bool:
    """Whether the index stands on the column or names it."""
    plain = [c for c in index.columns if isinstance(c, str)]
    included = [i for k, v in index.options.items() if k.endswith("_include") for i in v or ()]
    if name in plain or name in included:
        return True
    parts = [c for c in index.columns if not isinstance(c, str)]
    parts += [v for k, v in index.options.items() if k.endswith("_where") and v is not None]
    return any(_mentions(part, name) for part in parts)


def _renamed(expression: Any, old: str, new: str) -> Any:
    if isinstance(expression, str):
        return _word(old).sub(lambda m: f"{m[1]}{new}{m[2]}", expression)
    if isinstance(expression, sa.TextClause):
        return sa.text(_renamed(expression.text, old, new))

    def column(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.sql.expression.ColumnClause) and element.name == old:
            return sa.column(new, element.type)
        if isinstance(element, sa.TextClause):
            return _renamed(element, old, new)
        return None

    return visitors.replacement_traverse(expression, {}, column)


def _in(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _refers_to(constraint: ops.CreateConstraint, place: tuple[str, str | None]) -> bool:
    return isinstance(constraint, ops.CreateForeignKey) and place == (
        constraint.referent_table,
        constraint.referent_schema,
    )


def renamed_in_constraint(
    constraint: Any,
    old: str,
    new: str,
    place: tuple[str, str | None],
    own: bool,  # noqa: FBT001
) -> Any:
    changes: dict[str, Any] = {}
    if _refers_to(constraint, place):
        changes["remote_columns"] = _in(constraint.remote_columns, old, new)
    if own and hasattr(constraint, "columns"):
        changes["columns"] = _in(constraint.columns, old, new)
    if own and isinstance(constraint, ops.CreateCheckConstraint):
        changes["condition"] = _renamed(constraint.condition, old, new)
    if own and isinstance(constraint, ops.CreateExcludeConstraint):
        changes["elements"] = tuple(
            (new if e == old else _renamed(e, old, new), o) for e, o in constraint.elements
        )
    return replace(constraint, **changes) if changes else constraint


def renamed_in_index(index: ops.CreateIndex, old: str, new: str) -> ops.CreateIndex:
    columns = tuple(
        (new if c == old else c) if isinstance(c, str) else _renamed(c, old, new)
        for c in index.columns
    )
    options = {key: _renamed_option(key, v, old, new) for key, v in index.options.items()}
    return replace(index, columns=columns, options=options)


def _renamed_option(key: str, value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {new if k == old else k: v for k, v in value.items()}
    if key.endswith("_include") and value:
        return [new if item == old else item for item in value]
    if key.endswith("_where") and value is not None:
        return _renamed(value, old, new)
    return value


def renamed_column(column: sa.Column[Any], old: str, new: str) -> sa.Column[Any]:
    changes: dict[str, Any] = {"name": new} if column.name == old else {}
    if column.computed is not None and _mentions(column.computed.sqltext, old):
        changes["server_default"] = sa.Computed(
            _renamed(column.computed.sqltext, old, new), persisted=column.computed.persisted
        )
    return _sa.rebuilt_column(column, **changes) if changes else column
