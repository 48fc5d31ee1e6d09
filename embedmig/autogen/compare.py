"""Compare a metadata with a database, or with the tables of a replayed history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa, ops
from ..dialects.comparison import Comparison, Scope
from ..dialects.describe import Description
from ..dialects.snapshot import (
    EnumState,
    Key,
    SchemaState,
    SequenceState,
    full_name,
)
from ..errors import ConfigurationError
from ..ops.columns import FACETS
from .comparators import COMPARATORS
from .diff import Diff, Uncompared
from .filters import filtered_state, leave_out
from .hints import rename_hints
from .order import keys_at_once, ordered
from .originals import Originals, types_of
from .pairing import Context, TablePair, adopt
from .renames import apply_renames
from .shadow import settle

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table

    from ..dialects.base import Dialect
    from ..options import CompareOptions

Managed = Callable[[str | None, str], bool]


def diff(
    connection: Connection,
    metadata: MetaData | Sequence[MetaData],
    *,
    dialect: Dialect,
    options: CompareOptions,
    own_tables: Collection[Key] = (),
    managed: Managed | None = None,
    schemas: Collection[str | None] = (),
) -> Diff:
    """The operations that would bring this database to the metadata; an empty Diff if none.

    `own_tables` are never looked at. `managed` tells whether a revision ever made a table; without
    it every table counts as ours, unless the database knows whose it is (a partition, an
    extension's). `schemas` are looked at besides those of the metadata: those that revisions made
    tables in, so that the last table of a schema does not go unseen. Reads only, but for a shadow
    that leaves nothing behind. Raises ConfigurationError where an empty metadata meets a database
    with tables.
    """
    comparison = dialect.comparison
    metadatas = as_tuple(metadata)
    scope = scope_of(connection, comparison, (metadatas, schemas), options, own_tables)
    current = filtered_state(comparison.read(connection, scope), options, scope)
    refuse_empty(metadatas, current)
    descriptions = describe(comparison, metadatas, scope, options)
    before = Originals(comparison, lambda keys: comparison.types(connection, scope, keys))
    context = Context(
        dialect,
        options,
        current,
        metadatas,
        {},
        scope,
        before,
        managed_by(managed, options, current),
    )
    return finish(context, descriptions, connection)


def diff_tables(
    current: Iterable[Table],
    metadata: MetaData | Sequence[MetaData],
    *,
    dialect: Dialect,
    options: CompareOptions,
    enums: Iterable[tuple[Key, tuple[str, ...]]] = (),
    sequences: Iterable[sa.Sequence] = (),
    schemas: Iterable[str] = (),
) -> Diff:
    """The operations that would bring these tables to the metadata; no database is asked.

    Both sides are described by the same rules, so that nothing is left to a database to decide.
    """
    comparison = dialect.comparison
    metadatas = as_tuple(metadata)
    scope = Scope(None, (None,), lambda key: wants_table(options, key))
    tables = {
        (table.schema, table.name): table
        for table in current
        if options.wants(table.schema, "schema")
        and wants_table(options, (table.schema, table.name))
    }
    state = SchemaState(
        {key: comparison.describer.describe(t, scope.key).state for key, t in tables.items()},
        {key: EnumState(key, values) for key, values in enums},
        {(s.schema, s.name): sequence_state(comparison, s) for s in sequences},
        frozenset(schemas) | {key[0] for key in tables if key[0] is not None},
    )
    descriptions = describe(comparison, metadatas, scope, options)
    context = Context(
        dialect,
        options,
        filtered_state(state, options, scope),
        metadatas,
        {},
        scope,
        Originals(comparison, lambda keys: types_of(tables, keys)),
        lambda key: True,
    )
    return finish(context, descriptions, None)


def finish(
    context: Context, descriptions: dict[Key, Description], connection: Connection | None
) -> Diff:
    """Pair, settle, compare, order."""
    describe_types(context)
    renamed = list(apply_renames(context, descriptions))
    context.before.renamed_tables = context.renamed_tables
    context.before.renamed_columns = context.renamed_columns
    pair_up(context, descriptions)
    if connection is not None:
        settle(context, connection)
    leave_out(context)
    found = [*renamed, *rewritten(context, merged(context, compared(context)))]
    arranged = keys_at_once(found) if context.comparison.changes_keys_at_once else found
    return Diff(
        tuple(ordered(arranged)),
        tuple(context.uncompared),
        tuple(context.unmanaged),
        tuple(rename_hints(context, found)),
    )


# -- the two sides --------------------------------------------------------------------------------


def as_tuple(metadata: MetaData | Sequence[MetaData]) -> tuple[MetaData, ...]:
    """One MetaData or several, as several."""
    return (metadata,) if isinstance(metadata, sa.MetaData) else tuple(metadata)


def scope_of(
    connection: Connection,
    comparison: Comparison,
    known: tuple[tuple[MetaData, ...], Collection[str | None]],
    options: CompareOptions,
    own_tables: Collection[Key],
) -> Scope:
    """What to read: the default schema, those of the metadata and the history, those asked for."""
    default = comparison.default_schema(connection)
    metadatas, made = known
    named: set[str | None] = {t.schema for m in metadatas for t in m.tables.values()} | set(made)
    for each in metadatas:
        named |= {t.schema for t in (*comparison.enums(each), *comparison.sequences(each))}
    if options.include_schemas is True:
        named |= set(comparison.schema_names(connection))
    elif options.include_schemas:
        named |= set(options.include_schemas)
    folded = {None} | {None if schema == default else schema for schema in named}
    schemas = sorted(folded, key=lambda schema: schema or "")
    own = {(None if schema == default else schema, name) for schema, name in own_tables}
    return Scope(
        default,
        tuple(schema for schema in schemas if options.wants(schema, "schema")),
        lambda key: key not in own and wants_table(options, key),
    )


def wants_table(options: CompareOptions, key: Key) -> bool:
    """What `include_name` says of a table."""
    return options.wants(key[1], "table", schema=key[0])


def describe(
    comparison: Comparison,
    metadatas: tuple[MetaData, ...],
    scope: Scope,
    options: CompareOptions,
) -> dict[Key, Description]:
    """The pictures of the metadata's tables; views are none, and no two see a temporary one."""
    described: dict[Key, Description] = {}
    for metadata in metadatas:
        for table in metadata.tables.values():
            key = scope.key(table.schema, table.name)
            wanted = scope.wants_table(key) and options.wants(key[0], "schema")
            if wanted and not getattr(table, "is_view", False) and not _sa.is_temporary(table):
                described[key] = comparison.describer.describe(table, scope.key)
    state = SchemaState({key: each.state for key, each in described.items()})
    filtered_state(state, options, scope)
    return described


def describe_types(context: Context) -> None:
    """The metadata's enums and sequences."""
    comparison, options = context.comparison, context.options
    for metadata in context.metadata:
        for enum in comparison.enums(metadata):
            key = context.scope.key(enum.schema, enum.name)
            if options.wants(key[1], "enum", schema=key[0]):
                context.wanted_enums[key] = EnumState(key, tuple(enum.enums))
        for sequence in comparison.sequences(metadata):
            key = context.scope.key(sequence.schema, sequence.name)
            if options.wants(key[1], "sequence", schema=key[0]):
                state = sequence_state(comparison, sequence)
                context.wanted_sequences[key] = replace(state, key=key)


def sequence_state(comparison: Comparison, sequence: sa.Sequence) -> SequenceState:
    """The picture of a sequence."""
    return SequenceState((sequence.schema, sequence.name), comparison.sequence_options(sequence))


def refuse_empty(metadatas: tuple[MetaData, ...], current: SchemaState) -> None:
    """Raise where nothing was imported: the diff would drop everything."""
    ours = sorted(table.name for table in current.tables.values() if not table.foreign)
    if ours and not any(metadata.tables for metadata in metadatas):
        raise ConfigurationError(
            f"the metadata has no table, but the database has {len(ours)} "
            f"({', '.join(ours[:3])}{' …' if len(ours) > 3 else ''}); import the modules that "
            "define the models before you compare"
        )


def managed_by(
    managed: Managed | None, options: CompareOptions, current: SchemaState
) -> Callable[[Key], bool]:
    """Whether what only the database has may be dropped."""

    def is_managed(key: Key) -> bool:
        table = current.tables.get(key)
        if table is not None and table.foreign:
            return False
        return options.drop_unmanaged or managed is None or managed(*key)

    return is_managed


def pair_up(context: Context, descriptions: dict[Key, Description]) -> None:
    """A pair for every table that stands on either side, those of the metadata first."""
    current = context.current.tables
    for key, described in descriptions.items():
        if key in current and current[key].is_opaque:
            context.uncompared.append(Uncompared("table", full_name(key), current[key].foreign))
            continue
        pair = context.pairs[key] = TablePair(key, current.get(key), described)
        adopt(context.comparison, pair)
    for key, table in current.items():
        if key not in descriptions:
            context.pairs[key] = TablePair(key, table, None)


# -- operations -----------------------------------------------------------------------------------


def compared(context: Context) -> Iterator[ops.Operation]:
    """What the comparators find, in their order."""
    context.before.ask([*context.common, *context.dropped])
    for comparator in (*COMPARATORS, *context.options.comparators):
        yield from comparator(context)


def merged(context: Context, operations: Iterable[ops.Operation]) -> list[ops.Operation]:
    """All that changes in one column as one operation, which remembers the rest."""
    merging: dict[Any, ops.Operation] = {}
    for op in operations:
        if isinstance(op, ops.AlterColumn):
            place = (op.schema, op.table_name, op.column_name)
            before = merging.get(place)
            merging[place] = op if before is None else both(before, op)
        else:
            merging[object()] = op
    return [
        with_existing(context, op) if isinstance(op, ops.AlterColumn) else op
        for op in merging.values()
    ]


def both(one: Any, other: ops.AlterColumn) -> ops.AlterColumn:
    """One operation for the changes of two."""
    changes = {facet: getattr(other, facet) for facet in FACETS if other.changes(facet)}
    if other.existing_autoincrement is not None:
        changes["existing_autoincrement"] = other.existing_autoincrement
    if other.existing_type is not None:
        changes["existing_type"] = other.existing_type
    if other.existing_server_default is not ops.UNCHANGED:
        changes["existing_server_default"] = other.existing_server_default
    made: ops.AlterColumn = replace(one, **changes)
    return made


def with_existing(context: Context, op: ops.AlterColumn) -> ops.AlterColumn:
    """The operation with the column's facets as they are now."""
    pair = context.pairs.get(context.scope.key(op.schema, op.table_name))
    if pair is None or pair.current is None or op.column_name not in pair.current.columns:
        return op
    column = context.before(pair).c[op.column_name]
    return replace(
        op,
        existing_type=op.existing_type or column.type,
        existing_nullable=column.nullable,
        existing_server_default=column.server_default
        if op.existing_server_default is ops.UNCHANGED
        else op.existing_server_default,
        existing_comment=column.comment,
    )


def rewritten(context: Context, operations: Iterable[ops.Operation]) -> Iterator[ops.Operation]:
    """The operations as the user's rewriter returns them."""
    rewrite = context.options.rewrite
    if rewrite is None:
        yield from operations
        return
    for op in operations:
        answer = rewrite(op)
        if isinstance(answer, ops.Operation):
            yield answer
        elif answer is not None:
            yield from answer
