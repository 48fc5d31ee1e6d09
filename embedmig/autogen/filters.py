"""What the user does not want to be looked at: `include_name` and `include_object`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.snapshot import SchemaState, TableState
from .operations import find
from .pairing import ITEMS, Context, TablePair

if TYPE_CHECKING:
    from ..dialects.comparison import Scope
    from ..options import CompareOptions

#: A picture's field → the kind that the user's functions are given.
KINDS = {
    "uniques": "unique_constraint",
    "foreign_keys": "foreign_key_constraint",
    "checks": "check_constraint",
    "excludes": "exclude_constraint",
    "indexes": "index",
}


def filtered_state(state: SchemaState, options: CompareOptions, scope: Scope) -> SchemaState:
    """The state without what `include_name` refuses; tables are changed where they stand."""
    if options.include_name is None:
        return state
    for table in state.tables.values():
        filter_table(table, options)
    for kind, found in (("enum", state.enums), ("sequence", state.sequences)):
        for schema, name in [k for k in found if not options.wants(k[1], kind, schema=k[0])]:
            del found[schema, name]
    return state


def filter_table(table: TableState, options: CompareOptions) -> None:
    """Take the unwanted columns, constraints and indexes out of a picture."""

    def wants(name: str | None, kind: str) -> bool:
        return options.wants(name, kind, schema=table.schema, table=table.name)

    for name in [name for name in table.columns if not wants(name, "column")]:
        table.unseen[name] = table.columns.pop(name)
    for attribute, kind in KINDS.items():
        kept = tuple(item for item in getattr(table, attribute) if wants(item.name, kind))
        setattr(table, attribute, kept)


def leave_out(context: Context) -> None:
    """Take out what `include_object` refuses, on both sides."""
    include = context.options.include_object
    if include is None:
        return
    for key, pair in list(context.pairs.items()):
        if not _wants_table(context, pair, include):
            del context.pairs[key]
            continue
        _filter_columns(context, pair, include)
        for attribute, kind in ITEMS:
            _filter_items(context, pair, attribute, kind, include)


def ask(include: Any, existing: Any, name: str | None, kind: str, wanted: Any = None) -> bool:
    """What `include_object` says of the metadata's item, or of one that only the database has."""
    if wanted is None:
        return bool(include(existing, name, kind, True, None))  # noqa: FBT003  # Alembic's signature
    return bool(include(wanted, name, kind, False, existing))  # noqa: FBT003  # Alembic's signature


def _wants_table(context: Context, pair: TablePair, include: Any) -> bool:
    before = context.before(pair) if pair.current is not None else None
    if pair.described is None:
        return ask(include, before, pair.name, "table")
    return ask(include, before, pair.name, "table", pair.described.table)


def _filter_columns(context: Context, pair: TablePair, include: Any) -> None:
    here = pair.current.columns if pair.current is not None else {}
    there = pair.wanted.columns if pair.wanted is not None else {}
    before: Any = context.before(pair).c if pair.current is not None else {}
    for name in [*there, *(name for name in here if name not in there)]:
        existing = before[name] if name in here else None
        if name in there and pair.described is not None:
            wanted = ask(include, existing, name, "column", pair.described.columns[name])
        else:
            wanted = ask(include, existing, name, "column")
        if not wanted:
            here.pop(name, None)
            there.pop(name, None)


def _filter_items(
    context: Context, pair: TablePair, attribute: str, kind: str, include: Any
) -> None:
    here = getattr(pair.current, attribute) if pair.current is not None else ()
    there = getattr(pair.wanted, attribute) if pair.wanted is not None else ()
    named = {item.name: item for item in here}
    refused = set()
    for item in there:
        twin = named.get(item.name)
        existing = find(context, pair, kind, twin) if twin is not None else None
        source = pair.sources[kind, item]
        if not ask(include, existing, item.name, KINDS[attribute], source):
            refused.add(item.name)
    for name in named.keys() - {item.name for item in there}:
        existing = find(context, pair, kind, named[name])
        if not ask(include, existing, name, KINDS[attribute]):
            refused.add(name)
    for state in (pair.current, pair.wanted):
        if state is not None:
            kept = tuple(i for i in getattr(state, attribute) if i.name not in refused)
            setattr(state, attribute, kept)
