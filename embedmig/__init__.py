"""Database migrations from inside the application: decorated functions, applied at boot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import EmbedmigError
from .migrator import Migrator
from .registry import Registry
from .revision import Revision

if TYPE_CHECKING:
    from .aio import AsyncMigrator
    from .autogen.diff import Diff
    from .ops.facade import BatchOperations, Operations
    from .options import CompareOptions
    from .plan import Plan, Step
    from .results import AppliedStep, Report, Status

__all__ = [
    "AppliedStep",
    "AsyncMigrator",
    "BatchOperations",
    "CompareOptions",
    "Diff",
    "EmbedmigError",
    "Migrator",
    "Operations",
    "Plan",
    "Registry",
    "Report",
    "Revision",
    "Status",
    "Step",
]

#: Names that are imported when they are first asked for: most boots never do.
_LAZY = {
    "AppliedStep": ".results",
    "AsyncMigrator": ".aio",
    "BatchOperations": ".ops.facade",
    "CompareOptions": ".options",
    "Diff": ".autogen.diff",
    "Operations": ".ops.facade",
    "Plan": ".plan",
    "Report": ".results",
    "Status": ".results",
    "Step": ".plan",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
