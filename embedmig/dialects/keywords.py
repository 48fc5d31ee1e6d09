"""The keywords that operations take beside those SQLAlchemy knows, so that a typo is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import InvalidOperation
from ..ops import Operation

#: verb → the keywords that some database understands. The others have no use for them.
KEYWORDS: Mapping[str, frozenset[str]] = {
    "drop_column": frozenset(
        {
            "existing_type",
            "existing_nullable",
            "existing_server_default",
            "existing_comment",
            "mssql_drop_check",
            "mssql_drop_default",
            "mssql_drop_foreign_key",
        }
    ),
    "alter_column": frozenset({"postgresql_using"}),
}


def check_keywords(op: Operation, more: Iterable[str] = ()) -> None:
    """Raise InvalidOperation for a keyword that no database knows for this operation."""
    known = KEYWORDS.get(op.verb)
    if known is None:
        return
    options: Mapping[str, object] = getattr(op, "options", {})
    if unknown := sorted(set(options) - known - set(more)):
        raise InvalidOperation(
            f"{op.describe()}: unknown keyword {unknown[0]!r}; {op.verb} takes "
            f"{', '.join(sorted(known))}"
        )
