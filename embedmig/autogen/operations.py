"""Schema items as operations: what creates them, and by its reverse what drops them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import conv

from .. import _sa, ops
from ..dialects.describe import is_unnamed
from ..dialects.materialize import sql_text
from ..ops import constructs
from .pairing import Context, TablePair

if TYPE_CHECKING:
    from ..dialects.describe import Describer


def name_for(name: str | None) -> str | None:
    """A name that is final: no convention changes it again."""
    return None if name is None or is_unnamed(name) else conv(name)


def create_constraint(
    describer: Describer, pair: TablePair, item: Any, name: str | None
) -> ops.CreateConstraint:
    """The operation that adds this constraint to the pair's table."""
    given: dict[str, Any] = {
        "schema": pair.schema,
        "constraint_name": name_for(name),
        "options": describer.own_options(item),
        "deferrable": item.deferrable,
        "initially": item.initially,
    }
    if isinstance(item, sa.PrimaryKeyConstraint):
        return ops.CreatePrimaryKey(pair.name, _names(item.columns), **given)
    if isinstance(item, sa.UniqueConstraint):
        return ops.CreateUniqueConstraint(pair.name, _names(item.columns), **given)
    if isinstance(item, sa.ForeignKeyConstraint):
        return create_foreign_key(pair, item, given)
    if isinstance(item, sa.CheckConstraint):
        condition = sql_text(describer.text(item.sqltext))
        return ops.CreateCheckConstraint(pair.name, condition, **given)
    return create_exclude(describer, pair, item, given)


def create_foreign_key(
    pair: TablePair, item: sa.ForeignKeyConstraint, given: dict[str, Any]
) -> ops.CreateForeignKey:
    """ADD FOREIGN KEY, with every option."""
    referents = [_sa.resolved_referent(element) for element in item.elements]
    return ops.CreateForeignKey(
        pair.name,
        referents[0][1],
        tuple(element.parent.name for element in item.elements),
        tuple(column or "" for _, _, column in referents),
        referent_schema=referents[0][0],
        onupdate=item.onupdate,
        ondelete=item.ondelete,
        match=item.match,
        **given,
    )


def create_exclude(
    describer: Describer, pair: TablePair, item: Any, given: dict[str, Any]
) -> ops.CreateExcludeConstraint:
    """ADD EXCLUDE, its expressions as text."""
    elements = tuple(
        (sql_text(describer.text(expression)), operator)
        for expression, _, operator in _sa.exclude_elements(item)
    )
    where = None if item.where is None else sql_text(describer.text(item.where))
    return ops.CreateExcludeConstraint(pair.name, elements, where=where, using=item.using, **given)


def create_index(
    describer: Describer, pair: TablePair, index: sa.Index, name: str | None
) -> ops.CreateIndex:
    """CREATE INDEX, its expressions as text."""
    options = {
        option: sql_text(describer.text(value))
        if isinstance(value, sa.sql.expression.ClauseElement) and not isinstance(value, sa.Column)
        else value
        for option, value in index.dialect_kwargs.items()
    }
    return ops.CreateIndex(
        name_for(name),
        pair.name,
        tuple(_element(describer, element) for element in _sa.index_expressions(index)),
        schema=pair.schema,
        unique=bool(index.unique),
        options=options,
    )


def create(context: Context, pair: TablePair, item: Any, name: str | None) -> Any:
    """The operation that creates a constraint or an index."""
    describer = context.comparison.describer
    if isinstance(item, sa.Index):
        return create_index(describer, pair, item, name)
    made = create_constraint(describer, pair, item, name)
    if made.constraint_name is None and isinstance(made, ops.CreateCheckConstraint):
        return replace(made, constraint_name=name_for(check_name(context, pair, made)))
    return made


def check_name(context: Context, pair: TablePair, made: ops.CreateCheckConstraint) -> str | None:
    """The name that the database would give to a CHECK: without one it could not be dropped."""
    states = [state for state in (pair.current, pair.wanted) if state is not None]
    columns = {name for state in states for name in state.columns}
    taken = context.names_given.setdefault(pair.key, set())
    taken |= {check.name for state in states for check in state.checks if check.name}
    naming = context.dialect.ddl.default_constraint_name
    name = naming(constructs.constraint_of(made), taken, columns)
    taken |= {name} if name is not None else set()
    return name


def drop(context: Context, pair: TablePair, kind: str, state: Any) -> Any:
    """The operation that drops a constraint or index of the database, with its way back.

    One of a replayed history may have no name: it is dropped by its columns.
    """
    item = find(context, pair, kind, state)
    return create(context, pair, item, item.name).reverse()


def find(context: Context, pair: TablePair, kind: str, state: Any) -> Any:
    """The constraint or index of the current table that a picture is of."""
    table = context.before(pair)
    if kind == "primary":
        return table.primary_key
    items: list[Any] = list(table.constraints)
    if kind == "index":  # which a unique constraint may be to the database
        items = [*table.indexes, *(each for each in items if _is(each, "unique"))]
    named = [each for each in items if each.name == state.name and _is(each, kind)]
    if state.name is not None and named:
        return named[0]
    return next(each for each in items if each.name is None and _looks(context, each, kind, state))


def _looks(context: Context, item: Any, kind: str, state: Any) -> bool:
    read = context.comparison.describer.constraint(item, "", context.scope.key)
    if read is None or read[0] != kind:
        return False
    return bool(read[1]._replace(name=None) == state._replace(name=None)._replace(name=None))


_CLASSES: dict[str, Any] = {
    "unique": sa.UniqueConstraint,
    "foreignkey": sa.ForeignKeyConstraint,
    "check": sa.CheckConstraint,
}


def _is(item: Any, kind: str) -> bool:
    return isinstance(item, _CLASSES.get(kind, object))


def _names(columns: Iterable[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _element(describer: Describer, element: Any) -> Any:
    return element.name if isinstance(element, sa.Column) else sql_text(describer.text(element))
