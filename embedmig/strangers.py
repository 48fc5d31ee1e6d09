"""Version rows that the code does not know: is the database ahead of it, or foreign to it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .errors import DatabaseAhead, ForeignDatabase

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from .graph import RevisionGraph
    from .history import Tables


def refuse_strangers(
    connection: Connection,
    tables: Tables,
    graph: RevisionGraph,
    heads: Sequence[str],
    *,
    app_version: str | None = None,
) -> bool:
    """False where every row is known; raises DatabaseAhead or ForeignDatabase.

    True where the database is ahead, but every revision that this code lacks has said which
    versions of the application may still run (`app_requires`), and this one may.
    """
    unknown = [id for id in heads if graph.get(id) is None]
    if not unknown:
        return False
    rows = ancestry(connection, tables, graph, heads)
    if rows is None:
        raise ForeignDatabase(unknown, tables.version_name)
    too_old = [row.app_requires for row in rows if not _may_run(row.app_requires, app_version)]
    if not too_old and all(row.app_requires for row in rows):
        return True
    newest = rows[0]
    raise DatabaseAhead(
        unknown,
        graph.real_heads,
        app_version=newest.app_version,
        applied_at=newest.finished_at or newest.started_at,
        requires=too_old[0] if too_old else None,
        this_version=app_version,
    )


def _may_run(requirement: str | None, app_version: str | None) -> bool:
    """Whether a version is inside a PEP 440 specifier; unknown versions are not."""
    if requirement is None:
        return True
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return app_version is not None and SpecifierSet(requirement).contains(
            app_version, prereleases=True
        )
    except InvalidVersion:
        return False


def ancestry(
    connection: Connection, tables: Tables, graph: RevisionGraph, heads: Sequence[str]
) -> list[Row[Any]] | None:
    """History rows that lead from unknown heads down to ours; None where they lead elsewhere.

    A history that begins somewhere else altogether is another application's, unless one of the
    heads is ours: then newer code has added a base.
    """
    if not tables.has_history(connection):
        return None
    found: list[Row[Any]] = []
    waiting = [id for id in heads if graph.get(id) is None]
    seen, is_ours = set(waiting), len(waiting) < len(heads)
    while waiting:
        rows = tables.rows_of(connection, waiting.pop())
        if not rows:
            return None
        found.append(rows[0])
        for parent in (rows[0].down_revisions or "").split():
            if graph.get(parent) is not None:
                is_ours = True
            elif parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return found if is_ours else None
