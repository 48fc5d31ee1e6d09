"""What a comparison found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..ops.base import Operation


@dataclass(frozen=True, slots=True)
class Uncompared:
    """Something that could not be compared, and why."""

    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """Something in the database that the metadata does not know and nobody may drop unasked."""

    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class RenameHint:
    """A drop and an addition that look like one rename."""

    drop: Operation
    add: Operation
    rename: Operation


@dataclass(frozen=True, slots=True)
class Diff:
    """The operations that would bring the database to the metadata, in an order that runs.

    False when there are none. `uncompared` is what could not be compared, `unmanaged` what was
    left alone because nobody said it is ours, `hints` the renames that may be meant.
    """

    operations: tuple[Operation, ...] = ()
    uncompared: tuple[Uncompared, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    hints: tuple[RenameHint, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.operations)

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "no difference"

    def lines(self) -> Iterator[str]:
        """The diff for humans, a line for each fact."""
        for operation in self.operations:
            yield operation.describe()
        for hint in self.hints:
            yield f"perhaps meant: {hint.rename.describe()}"
        for uncompared in self.uncompared:
            yield f"not compared: {uncompared}"
        for unmanaged in self.unmanaged:
            yield f"left alone: {unmanaged}"
