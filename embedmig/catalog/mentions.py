"""Which columns a constraint, an index or an expression speaks of, and the same after a rename."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from .. import _sa, ops
from ..ops import constructs
from .state import TableState

if TYPE_CHECKING:
    from .words import Words


def _mentions(expression: Any, name: str, words: Words) -> bool:
    if isinstance(expression, str):
        return words.mention(expression, name)
    return any(
        _is_column(element, name) or words.mention(_text(element), name)
        for element in visitors.iterate(expression)
    )


def _is_column(element: Any, name: str) -> bool:
    is_column = isinstance(element, sa.sql.expression.ColumnClause) and not element.is_literal
    return is_column and element.name == name


def _text(element: Any) -> str:
    """The SQL of what has a text instead of a structure."""
    if isinstance(element, sa.TextClause):
        return element.text
    if isinstance(element, sa.sql.expression.ColumnClause) and element.is_literal:
        return str(element.name)
    is_label = element.__visit_name__ == "textual_label_reference"  # as in desc("name")
    return str(element.element) if is_label else ""


def constraint_speaks_of(constraint: ops.CreateConstraint, name: str, words: Words) -> bool:
    """Whether the constraint stands on the column or names it."""
    if name in constructs.columns_of(constraint):
        return True
    if isinstance(constraint, ops.CreateCheckConstraint):
        return _mentions(constraint.condition, name, words)
    if isinstance(constraint, ops.CreateExcludeConstraint):
        return any(_mentions(expression, name, words) for expression, _ in constraint.elements)
    return False


def index_speaks_of(index: ops.CreateIndex, name: str, words: Words) -> bool:
    """Whether the index stands on the column or names it."""
    plain = [c for c in index.columns if isinstance(c, str)]
    included = [i for k, v in index.options.items() if k.endswith("_include") for i in v or ()]
    if name in plain or name in included:
        return True
    parts = [c for c in index.columns if not isinstance(c, str)]
    parts += [v for k, v in index.options.items() if k.endswith("_where") and v is not None]
    return any(_mentions(part, name, words) for part in parts)


def speaks_of(op: ops.Operation, name: str, words: Words) -> bool:
    """Whether an operation that brings something to a table names this column of the table."""
    if isinstance(op, ops.CreateIndex):
        return index_speaks_of(op, name, words)
    if isinstance(op, ops.CreateConstraint):
        own = _refers_to(op, (op.table_name, op.schema))
        return constraint_speaks_of(op, name, words) or (
            own and name in getattr(op, "remote_columns", ())
        )
    if not isinstance(op, ops.AddColumn | ops.AlterColumn):
        return False
    default = op.column.server_default if isinstance(op, ops.AddColumn) else op.server_default
    expression = getattr(default, "sqltext", getattr(default, "arg", default))
    return (
        name in (op.insert_before, op.insert_after)
        or (isinstance(expression, sa.ClauseElement) and _mentions(expression, name, words))
        or (isinstance(op, ops.AddColumn) and _constraints_speak_of(op, name, words))
    )


def _constraints_speak_of(op: ops.AddColumn, name: str, words: Words) -> bool:
    made = TableState.of(constructs.column_table(op)).constraints
    return any(speaks_of(constraint, name, words) for constraint in made)


def _bind_parameters(text: sa.TextClause) -> list[sa.BindParameter[Any]]:
    return [each for each in text.get_children() if isinstance(each, sa.BindParameter)]


def _renamed(expression: Any, old: str, new: str, words: Words) -> Any:
    if isinstance(expression, str):
        return words.renamed(expression, old, new)

    def exchange(element: Any, **_: Any) -> Any:
        if _is_column(element, old):
            return sa.column(new, element.type)
        before = _text(element)
        after = words.renamed(before, old, new)
        if after == before:
            return None
        if isinstance(element, sa.TextClause):
            return sa.text(after).bindparams(*_bind_parameters(element))
        return sa.literal_column(after)

    return visitors.replacement_traverse(expression, {}, exchange)


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
    words: Words,
) -> Any:
    changes: dict[str, Any] = {}
    if _refers_to(constraint, place):
        changes["remote_columns"] = _in(constraint.remote_columns, old, new)
    if own and hasattr(constraint, "columns"):
        changes["columns"] = _in(constraint.columns, old, new)
    if own and isinstance(constraint, ops.CreateCheckConstraint):
        changes["condition"] = _renamed(constraint.condition, old, new, words)
    if own and isinstance(constraint, ops.CreateExcludeConstraint):
        changes["elements"] = tuple(
            (new if e == old else _renamed(e, old, new, words), o) for e, o in constraint.elements
        )
    return replace(constraint, **changes) if changes else constraint


def renamed_in_index(index: ops.CreateIndex, old: str, new: str, words: Words) -> ops.CreateIndex:
    columns = tuple(
        (new if c == old else c) if isinstance(c, str) else _renamed(c, old, new, words)
        for c in index.columns
    )
    options = {key: _renamed_option(key, v, old, new, words) for key, v in index.options.items()}
    return replace(index, columns=columns, options=options)


def _renamed_option(key: str, value: Any, old: str, new: str, words: Words) -> Any:
    if isinstance(value, Mapping):
        return {new if k == old else k: v for k, v in value.items()}
    if key.endswith("_include") and value:
        return [new if item == old else item for item in value]
    if key.endswith("_where") and value is not None:
        return _renamed(value, old, new, words)
    return value


def renamed_column(column: sa.Column[Any], old: str, new: str, words: Words) -> sa.Column[Any]:
    changes: dict[str, Any] = {"name": new} if column.name == old else {}
    if column.computed is not None and _mentions(column.computed.sqltext, old, words):
        changes["server_default"] = sa.Computed(
            _renamed(column.computed.sqltext, old, new, words), persisted=column.computed.persisted
        )
    return _sa.rebuilt_column(column, **changes) if changes else column
