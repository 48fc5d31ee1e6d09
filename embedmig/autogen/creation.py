"""The order in which tables come and go, and the foreign keys that circles leave for later."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from .. import _sa, ops
from ..dialects.comparison import detach
from ..dialects.snapshot import ForeignKeyState, Key, TableState
from .operations import create, drop
from .pairing import Context, TablePair

Late = dict[Key, list[ForeignKeyState]]


def create_tables(context: Context) -> list[ops.Operation]:
    """Referents first; a foreign key of a circle, or with use_alter, is made after the tables."""
    pairs = {pair.key: pair for pair in context.created}
    states = {key: pair.wanted for key, pair in pairs.items() if pair.wanted is not None}
    late: Late = {
        key: [fk for fk in state.foreign_keys if context.is_key_remade(fk)]
        for key, state in states.items()
    }
    if context.comparison.foreign_keys_need_referents:
        for key, pair in pairs.items():
            late[key] += [fk for fk in altered(pair) if fk not in late[key]]
        cut_cycles(states, late)
    tables = [create_table(context, pairs[key], late) for key in sort_tables(states, late)]
    after = [
        create(context, pairs[key], pairs[key].sources["foreignkey", fk], fk.name)
        for key in sorted(late, key=_by_name)
        for fk in late[key]
    ]
    return [*tables, *after]


def altered(pair: TablePair) -> list[ForeignKeyState]:
    """The foreign keys that the metadata wants to be added afterwards."""
    assert pair.wanted is not None
    return [fk for fk in pair.wanted.foreign_keys if pair.sources["foreignkey", fk].use_alter]


def create_table(context: Context, pair: TablePair, late: Late) -> ops.CreateTable:
    """CREATE TABLE without the foreign keys that come late."""
    assert pair.described is not None
    table = pair.described.table
    if keys := late.get(pair.key):
        convention = table.metadata.naming_convention
        table = _sa.copy_table(table, naming_convention=convention)
        unnamed = {key._replace(name=None) for key in keys}
        describer = context.comparison.describer
        for item in list(table.foreign_key_constraints):
            picture = describer.foreign_key(item, "", context.scope.key)
            if picture._replace(name=None) in unnamed:
                detach(table, item)
    return ops.CreateTable.from_table(table)


def drop_tables(context: Context) -> list[ops.Operation]:
    """Those that refer first; a circle is opened by dropping foreign keys."""
    pairs = {pair.key: pair for pair in context.dropped}
    states = {key: pair.current for key, pair in pairs.items() if pair.current is not None}
    cut: Late = {key: [] for key in states}
    if context.comparison.foreign_keys_need_referents:
        cut_cycles(states, cut)
    opened: list[ops.Operation] = [
        drop(context, pairs[key], "foreignkey", fk)
        for key in sorted(cut, key=_by_name)
        for fk in cut[key]
    ]
    tables = [drop_table(context, pairs[key], cut) for key in reversed(sort_tables(states, cut))]
    return [*opened, *tables]


def drop_table(context: Context, pair: TablePair, cut: Late) -> ops.DropTable:
    """DROP TABLE, remembering the table as it is then: without what was cut."""
    table = context.before(pair)
    if keys := cut[pair.key]:
        table = _sa.copy_table(table)
        names = {key.name for key in keys}
        for item in list(table.foreign_key_constraints):
            if item.name in names:
                detach(table, item)
    original = ops.CreateTable.from_table(table)
    return ops.DropTable(pair.name, schema=pair.schema, original=original)


# -- the graph ------------------------------------------------------------------------------------


def cut_cycles(states: Mapping[Key, TableState], late: Late) -> None:
    """Move foreign keys from their tables into `late` until no circle is left."""
    while True:
        try:
            needs = dependencies(states, late)
            # Which circle is found depends on the order of the graph: it must always be the same.
            graph = {key: sorted(needs[key], key=_by_name) for key in sorted(needs, key=_by_name)}
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = set(error.args[1])
            cut = {
                key: [
                    fk
                    for fk in states[key].foreign_keys
                    if fk not in late[key] and fk.referent in circle and fk.referent != key
                ]
                for key in sorted(circle, key=_by_name)
            }
            key = next((key for key in cut if cut[key]), None)
            if key is None:
                return
            late[key] += cut[key]
        else:
            return


def dependencies(states: Mapping[Key, TableState], late: Late) -> dict[Key, set[Key]]:
    """Which of these tables needs which other one."""
    return {
        key: {
            fk.referent
            for fk in state.foreign_keys
            if fk not in late.get(key, ()) and fk.referent in states and fk.referent != key
        }
        | (state.needs & states.keys() - {key})
        for key, state in states.items()
    }


def sort_tables(states: Mapping[Key, TableState], late: Late) -> list[Key]:
    """The tables, referents first, else by name; a circle that need not be cut stays."""
    needs = dependencies(states, late)
    remaining = sorted(states, key=_by_name)
    done: list[Key] = []
    while remaining:
        ready = [key for key in remaining if needs[key] <= set(done)] or remaining[:1]
        done += ready
        remaining = [key for key in remaining if key not in set(ready)]
    return done


def _by_name(key: Key) -> tuple[str, str]:
    return key[0] or "", key[1]
