"""Fewer operations with the same effect: what changes a table goes into the CREATE TABLE before it.

Only what is certain is folded. A statement of the application's, a reference to another table that
came later, an enum or a sequence in between: and the operation stays where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .. import _sa, ops
from ..catalog import evolve
from ..errors import EmbedmigError

_Key: TypeAlias = "tuple[str | None, str]"
# They change only what they name, so that the catalog's fold of them is the whole truth.
_FOLDABLE = (
    ops.AddColumn,
    ops.DropColumn,
    ops.AlterColumn,
    ops.RenameColumn,
    ops.CreateConstraint,
    ops.DropConstraint,
    ops.RenameConstraint,
    ops.CreateIndex,
    ops.DropIndex,
    ops.CreateTableComment,
    ops.DropTableComment,
)
# What others may have taken notice of under the old name or shape.
_SEEN_BY_OTHERS = (ops.DropColumn, ops.RenameColumn, ops.AlterColumn, ops.DropConstraint)


def fold(items: Iterable[Any], convention: Mapping[str, Any] | None = None) -> list[Any]:
    """The same effect in fewer operations; what is no operation of a table is a wall."""
    folded: list[Any] = []
    for item in _flat(items):
        if not _take(item, folded, convention):
            folded.append(item)
    return folded


def _flat(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, ops.BatchAlterTable):
            yield from item.changes
        else:
            yield item


def _take(item: Any, folded: list[Any], convention: Mapping[str, Any] | None) -> bool:
    """Whether the item has gone into an earlier one."""
    if not isinstance(item, (*_FOLDABLE, ops.DropTable)):
        return False
    position = _creation(item, folded)
    if position is None:
        return False
    own = folded[position]
    later = folded[position + 1 :]
    if any(_is_wall(each) for each in later) or _is_entangled(item, _key(own), later):
        return False
    if isinstance(item, ops.DropTable):
        del folded[position]
        return True
    try:
        table = evolve(own.to_table(convention), item, naming_convention=convention)
    except EmbedmigError:
        return False
    folded[position] = ops.CreateTable.from_table(table, if_not_exists=own.if_not_exists)
    return True


def _creation(item: Any, folded: Sequence[Any]) -> int | None:
    """Where the table of the item is created, if that is here."""
    name = item.table_name
    for position in range(len(folded) - 1, -1, -1):
        each = folded[position]
        if isinstance(each, ops.CreateTable) and _key(each) == (item.schema, name):
            return position
    return None


def _is_wall(item: Any) -> bool:
    return not isinstance(item, ops.CreateTable | ops.CreateIndex | ops.TableOperation)


def _is_entangled(item: Any, key: _Key, later: Sequence[Any]) -> bool:
    """Whether something that came after the table makes the order matter."""
    touched = {other for each in later for other in _mentions(each)}
    if isinstance(item, (*_SEEN_BY_OTHERS, ops.DropTable)) and key in touched:
        return True
    if any(_key(each) == key for each in later):
        return True
    created = {_key(each) for each in later}
    return any(other in created for other in _mentions(item) if other != key)


def _key(item: Any) -> _Key:
    return (item.schema, item.table_name)


def _mentions(item: Any) -> Iterator[_Key]:
    """The tables that an operation is about or refers to."""
    yield _key(item)
    match item:
        case ops.CreateForeignKey():
            yield (item.referent_schema, item.referent_table)
        case ops.AddColumn():
            yield from _referents(item.column.foreign_keys)
        case ops.CreateTable():
            yield from _referents(item.to_table().foreign_keys)


def _referents(keys: Iterable[Any]) -> Iterator[_Key]:
    for key in keys:
        schema, table, _ = _sa.referent_of(key)
        yield (schema, table)
