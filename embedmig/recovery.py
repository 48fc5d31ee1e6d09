"""The one operation in doubt: has it happened before the process died? Decided by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ops import Operation
    from .sinks import LiveSink


def has_happened(operation: Operation, sink: LiveSink) -> bool:
    """Whether the schema already shows what this operation would do."""
    return False
