"""Comments on tables and columns."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import AlterColumn, CreateTableComment, DropTableComment, Operation
from ..pairing import Context


def compare_comments(context: Context) -> Iterator[Operation]:
    """An empty comment is none."""
    for pair in context.columns:
        if pair.current.comment != pair.wanted.comment:
            yield AlterColumn(
                pair.table.name,
                pair.column.name,
                schema=pair.table.schema,
                comment=pair.wanted.comment,
            )
    for table in context.common:
        current, wanted = table.both
        if current.comment == wanted.comment:
            continue
        if wanted.comment is None:
            yield DropTableComment(
                table.name, schema=table.schema, existing_comment=current.comment
            )
        else:
            yield CreateTableComment(
                table.name,
                wanted.comment,
                schema=table.schema,
                existing_comment=current.comment,
            )
