"""What several databases lack: said before the first statement, instead of by the server."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa

_PLAIN_PART = re.compile(
    r"^(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|\[(?:[^\]]|\]\])+\]|[\w$]+)"
    r"\s*(?:\(\d+\))?\s*(?:ASC|DESC)?$",
    re.IGNORECASE,
)


def refuse_deferrable(constraints: Iterable[sa.Constraint], dialect_name: str) -> None:
    """Raise CompileError, which becomes UnsupportedOperation, for a DEFERRABLE constraint."""
    for constraint in constraints:
        if constraint.deferrable or constraint.initially:
            message = f"constraint {constraint.name!r} is deferrable, which {dialect_name} has not"
            raise sa.exc.CompileError(message)


def is_plain_part(text: str) -> bool:
    """Whether a part of an index is a column (with a length, ASC or DESC), not an expression."""
    return _PLAIN_PART.match(text) is not None
