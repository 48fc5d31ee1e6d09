"""The keywords that operations take beside those SQLAlchemy knows, so that a typo is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from sqlalchemy.dialects import registry
from sqlalchemy.exc import NoSuchModuleError

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


#: What SQLAlchemy's constructs take beside the keywords of dialects.
PLAIN = frozenset({"info", "quote", "quote_schema", "listeners", "use_alter", "link_to_name"})
#: Their options are words of SQL, and are checked where they are spelled.
FREE = frozenset({"create_sequence", "alter_sequence"})


def check_keywords(op: Operation, more: Iterable[str] = ()) -> None:
    """Raise InvalidOperation for a keyword that no database knows for this operation."""
    options: Mapping[str, object] = getattr(op, "options", {})
    if not options or op.verb in FREE:
        return
    known = KEYWORDS.get(op.verb)
    if known is None:
        for key in options:
            _require_dialect(op, key)
    elif unknown := sorted(set(options) - known - set(more)):
        raise InvalidOperation(
            f"{op.describe()}: unknown keyword {unknown[0]!r}; {op.verb} takes "
            f"{', '.join(sorted(known))}"
        )


def _require_dialect(op: Operation, key: str) -> None:
    """A dialect's keyword begins with its name; SQLAlchemy checks the rest, but only warns here."""
    name, underscore, _ = key.partition("_")
    if key in PLAIN or (underscore and _is_dialect(name)):
        return
    raise InvalidOperation(
        f"{op.describe()}: unknown keyword {key!r}; a keyword begins with the name of a database, "
        "as in SQLAlchemy's constructs"
    )


@cache
def _is_dialect(name: str) -> bool:
    try:
        registry.load(name)
    except NoSuchModuleError:
        return False
    return True
