"""What `batch_alter_table` takes beside the changes themselves.

Nothing is reflected, so `reflect_kwargs` has nothing to steer; a Column in `reflect_args` gives its
column another type. A `copy_from` table is believed: it takes the place of the stored text, and
what it does not mention is gone from the table. Indexes and triggers stay in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from ... import _sa, ops
from ..spelling import Spelling
from . import memory, text_edits
from .definitions import column_definition, facets, table_text
from .schema_texts import INDEX, TABLE, SchemaText, Texts, find_table
from .sources import Source
from .table_change import TableChange
from .table_text import PRIMARY_KEY, TableText, parse
from .tokens import fold, significant
from .verbs import can_be_added, column_table, set_table_options


def with_copy_from(op: ops.BatchAlterTable, texts: Texts, spell: Spelling) -> Texts:
    """The texts with the `copy_from` table among them, where nobody else knows the table."""
    if op.copy_from is None or find_table(texts, op.table_name) is not None:
        return texts
    made = [SchemaText(TABLE, op.table_name, op.table_name, _text_of(op, op.copy_from, spell))]
    for index in op.copy_from.indexes:
        sql = spell.element(sa.schema.CreateIndex(index))
        made.append(SchemaText(INDEX, str(index.name), op.table_name, sql))
    return (*texts, *made)


def _text_of(op: ops.BatchAlterTable, table: sa.Table, spell: Spelling) -> str:
    copy = _sa.copy_table(table)
    return text_edits.rename_table(table_text(copy, spell), op.table_name)


def prepare(op: ops.BatchAlterTable, change: TableChange, spell: Spelling) -> None:
    """What the arguments change before the block's own changes."""
    if op.copy_from is not None:
        change.replace_text(_text_of(op, op.copy_from, spell))
    for argument in op.reflect_args:
        if isinstance(argument, sa.Column) and not isinstance(argument.type, sa.types.NullType):
            _set_type(change, argument, spell)
    if op.table_args:
        _add_arguments(op, change, spell)
    set_table_options(change, op.table_kwargs)


def _set_type(change: TableChange, column: sa.Column[object], spell: Spelling) -> None:
    name = change.require_column(column.name)
    type_ = facets(column.type, None, spell).parsed.type
    before = change.table.column(name)
    if before is not None and fold(before.type) != fold(type_):
        change.edit(lambda sql: text_edits.set_type(sql, name, type_))


def _add_arguments(op: ops.BatchAlterTable, change: TableChange, spell: Spelling) -> None:
    """The columns and constraints of `table_args` that the table does not have yet."""
    columns = [item for item in op.table_args if isinstance(item, sa.Column)]
    for column in columns:
        if change.table.column(column.name) is None:
            made = column_table(ops.AddColumn(op.table_name, column), op.naming_convention)
            definition = column_definition(made, spell)
            change.add_column(
                definition.text, native=can_be_added(definition), before=None, after=None
            )
    names: list[Any] = [sa.Column(c.name) for c in change.table.columns]
    others = [item for item in op.table_args if not isinstance(item, sa.Column)]
    table = _sa.build_table(
        op.table_name, [*names, *others], naming_convention=op.naming_convention
    )
    for constraint in _sa.in_order(table.constraints):
        if not isinstance(constraint, sa.PrimaryKeyConstraint) or constraint.columns:
            _add_once(change, spell.element(constraint))


def _add_once(change: TableChange, definition: str) -> None:
    new = parse(f"CREATE TABLE t (c, {definition})").constraints[0]
    if _has(change.table, new.kind, new.columns, new.body):
        return
    add = text_edits.set_primary_key if new.kind == PRIMARY_KEY else text_edits.add_constraint
    change.edit(lambda sql: add(sql, definition))


def _has(table: TableText, kind: str, columns: Sequence[str], body: str) -> bool:
    return bool(text_edits.find_clauses(table, kind=kind, columns=columns, expression=body or None))


# -- order -----------------------------------------------------------------------------------


def reorder(op: ops.BatchAlterTable, change: TableChange) -> None:
    """Bring the columns into the order that `partial_reordering` asks for; the rest stays put."""
    if op.partial_reordering:
        names = _ordered([c.name for c in change.table.columns], op.partial_reordering)
        change.edit(lambda sql: text_edits.reorder_columns(sql, names))


def _ordered(names: Sequence[str], groups: Iterable[Sequence[str]]) -> list[str]:
    before: dict[str, set[str]] = {name: set() for name in names}
    for group in groups:
        for first, second in pairwise(group):
            if first in before and second in before:
                before[second].add(first)
    ordered: list[str] = []
    waiting = list(names)
    while waiting:
        free = [n for n in waiting if before[n] <= set(ordered)]
        ordered.append(free[0] if free else waiting[0])
        waiting.remove(ordered[-1])
    return ordered


# -- statements between the changes ------------------------------------------------------------


def merged(texts: Texts, change: TableChange) -> Texts:
    """The texts of the schema once the change is done."""
    concerned = {id(text) for text in change.before}
    return (*(t for t in texts if id(t) not in concerned), *change.texts)


def after_raw_sql(op: ops.Operation, texts: Texts, source: Source) -> Texts:
    """The texts behind a statement of the application's, as far as it concerns them."""
    sql = op.sqltext if isinstance(op, ops.ExecuteSQL) else ""
    text = sql.text if isinstance(sql, sa.TextClause) else sql
    if not isinstance(text, str):
        return texts
    tokens = significant(text)
    if not tokens or tokens[0].keyword not in ("CREATE", "ALTER", "DROP"):
        return texts
    return memory.run(texts, text, source.connect)
