"""Replaying revisions without a database: what the tables were, and what a revision does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .catalog import Catalog
from .errors import Irreversible, NeedsDatabase
from .ops import (
    BatchAlterTable,
    CreateTable,
    CustomOperation,
    DropIndex,
    DropTable,
    RenameTable,
)
from .ops.facade import Operations
from .sinks import ReplaySink

if TYPE_CHECKING:
    from .dialects.base import Dialect
    from .graph import Revision, RevisionGraph
    from .ops import Operation


def replay(
    graph: RevisionGraph,
    ids: Iterable[str],
    dialect: Dialect,
    *,
    naming_convention: Mapping[str, Any] | None = None,
) -> Catalog:
    """The tables as they are where these revisions, and all they stand on, have been applied.

    What a revision would ask a database is skipped, since there is none.
    """
    catalog = dialect.ddl.new_catalog(naming_convention=naming_convention)
    standing = graph.ancestors(ids)
    for revision in graph:
        if revision.id in standing:
            record(revision, dialect, catalog, tolerant=True)
    return catalog


def record(
    revision: Revision, dialect: Dialect, catalog: Catalog, *, tolerant: bool = False
) -> list[Operation]:
    """The operations of a revision, completed from the catalog, which watches them.

    Raises NeedsDatabase where the function asks for one, unless `tolerant`.
    """
    sink = ReplaySink(dialect, catalog)
    if revision.upgrade_function is not None:
        try:
            revision.upgrade_function(Operations(sink))
        except NeedsDatabase:
            if not tolerant:
                raise
    return sink.operations


def derive_way_back(
    graph: RevisionGraph,
    revision: Revision,
    dialect: Dialect,
    *,
    naming_convention: Mapping[str, Any] | None = None,
) -> Sequence[Operation]:
    """What undoes a revision, from its recorded operations; raises Irreversible."""
    parents = (*revision.down_revisions, *revision.depends_on)
    catalog = replay(graph, parents, dialect, naming_convention=naming_convention)
    try:
        operations = record(revision, dialect, catalog)
        refuse_guarded(operations)
        return without_doomed_indexes([each.reverse() for each in reversed(operations)])
    except NeedsDatabase as error:
        raise Irreversible(revision, f"it asks the database ({error.what})") from error
    except Irreversible as error:
        raise Irreversible(revision, error.complaint) from error


def refuse_guarded(operations: Sequence[Operation]) -> None:
    """What says IF NOT EXISTS may have found it there, and then it is not its own to drop."""
    for operation in operations:
        changes = operation.changes if isinstance(operation, BatchAlterTable) else (operation,)
        for change in changes:
            guarded = getattr(change, "if_not_exists", False)
            if guarded and not isinstance(change, CustomOperation):
                raise Irreversible(change, "it may have been there before (if_not_exists=True)")


def without_doomed_indexes(operations: Sequence[Operation]) -> list[Operation]:
    """The same operations less every DROP INDEX on a table that is dropped later on.

    It would be work for nothing, and some databases refuse it: an index that a foreign key of its
    own table needs goes only with the table.
    """
    kept: list[Operation] = []
    doomed: set[tuple[str | None, str | None]] = set()
    for operation in reversed(operations):
        if isinstance(operation, DropTable):
            doomed.add(_table_of(operation))
        elif isinstance(operation, CreateTable | RenameTable):
            doomed.clear()  # the names meant other tables before it
        elif isinstance(operation, DropIndex) and _table_of(operation) in doomed:
            continue
        kept.append(operation)
    return kept[::-1]


def _table_of(operation: DropIndex | DropTable) -> tuple[str | None, str | None]:
    return operation.schema, operation.table_name
