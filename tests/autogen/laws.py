"""What the laws are told with: a database, two metadatas, and the ways between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from embedmig import ops
from embedmig.autogen.compare import diff as compare
from embedmig.autogen.diff import Diff
from embedmig.dialects import dialect_for
from embedmig.options import CompareOptions
from tests.support import apply


def diff(engine: sa.Engine, metadata: sa.MetaData | Sequence[sa.MetaData], **options: Any) -> Diff:
    """What differs between the database and the metadata."""
    own: dict[str, Any] = {
        k: options.pop(k) for k in ("own_tables", "managed", "schemas") if k in options
    }
    with engine.connect() as connection:
        return compare(
            connection,
            metadata,
            dialect=dialect_for(connection.dialect),
            options=CompareOptions(**options),
            **own,
        )


def run(engine: sa.Engine, operations: Sequence[ops.Operation]) -> None:
    """Apply the operations in one transaction."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        apply(connection, *operations)
        connection.commit()


def upgrade(engine: sa.Engine, metadata: sa.MetaData, **options: Any) -> Diff:
    """Bring the database to the metadata; what is left then is nothing (the second law)."""
    found = diff(engine, metadata, **options)
    assert found.uncompared == (), str(found)
    run(engine, found.operations)
    left = diff(engine, metadata, **options)
    assert left.operations == (), f"{found}\n--- leaves ---\n{left}"
    return found


def downgrade(engine: sa.Engine, found: Diff, before: sa.MetaData, **options: Any) -> None:
    """The derived way back brings the old tables back (the third law)."""
    back = [operation.reverse() for operation in reversed(found.operations)]
    run(engine, back)
    left = diff(engine, before, **options)
    assert left.operations == (), f"{found}\n--- reversed leaves ---\n{left}"


def created(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """Create everything; nothing differs then (the first law)."""
    metadata.create_all(engine)
    left = diff(engine, metadata)
    assert left.operations == (), str(left)
    assert left.uncompared == (), str(left)


def laws(engine: sa.Engine, before: sa.MetaData, after: sa.MetaData, **options: Any) -> Diff:
    """All three laws, for one pair; the schemas of both are known to the history."""
    created(engine, before)
    both = {t.schema for m in (before, after) for t in m.tables.values()}
    found = upgrade(engine, after, schemas=both, **options)
    downgrade(engine, found, before, schemas=both)
    return found


def verbs(found: Diff) -> list[str]:
    """The verbs of a diff's operations."""
    return [operation.verb for operation in found.operations]
