"""One revision as statements: what it does itself, and around it what the runner would have done.

In one transaction where the database can (`runner.py`); else operation by operation, each with its
number, so that an interrupted script is taken up by `upgrade()` where it stopped (`journal.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from ..dialects.script import Check
from ..errors import NeedsAutocommit
from ..sinks import NOTHING, Written

if TYPE_CHECKING:
    from ..dialects.script import ScriptSpelling
    from ..plan import Step
    from .records import Records


class Content(NamedTuple):
    """What a revision does: its operations as text, and the digest over them."""

    step: Step
    written: Sequence[Written] = ()
    digest: str | None = None
    #: Something of it could not be written; said where it stands.
    remark: str | None = None

    @property
    def texts(self) -> list[str]:
        """Every statement."""
        return [text for one in self.written for text in one.texts]

    @property
    def leaves_transaction(self) -> bool:
        """Whether some of it stands in an autocommit block."""
        return any(one.outside for one in self.written)


@dataclass
class Body:
    """The statements of one revision, in order.

    `require` guards it, `moves` moves the version rows. `joined`: no transaction is begun here,
    since the statements run inside something that holds them together.
    """

    content: Content
    records: Records
    spelling: ScriptSpelling
    require: Check | None
    moves: list[str]
    unenforced: bool = False
    joined: bool = False
    _lines: tuple[str, ...] = field(default=(), init=False)
    _done: int = field(default=0, init=False)

    @property
    def step(self) -> Step:
        return self.content.step

    def guard(self) -> list[str]:
        """What stops the script where the database does not stand where the revision begins."""
        return [] if self.require is None else self.spelling.stop_unless(self.require)

    def begin(self) -> list[str]:
        return [self.spelling.begin] if self.spelling.begin and not self.joined else []

    def commit(self) -> list[str]:
        return [] if self.joined else [self.spelling.commit]

    # -- in one transaction ------------------------------------------------------------------

    def together(self) -> Iterator[str]:
        """Everything in one transaction, which an autocommit block leaves and comes back to."""
        if self.content.leaves_transaction:
            yield from self._in_parts()
            return
        yield from self._before()
        yield from self.begin()
        yield from self.guard()
        yield from self.content.texts
        yield from self.moves
        yield self.records.done(self.step, len(self.content.written), self.content.digest)
        yield from self._after()
        yield from self.commit()

    def _in_parts(self) -> Iterator[str]:
        if self.joined:
            raise NeedsAutocommit("op.autocommit_block()", self.step.revision.id)
        yield from self._before()
        yield from self.begin()
        yield from self.guard()
        ran, digest, is_recorded = 0, NOTHING, False
        for outside, group in groupby(self.content.written, key=lambda one: one.outside):
            part = list(group)
            if outside:
                yield from self._leave(ran, digest, again=is_recorded)
                is_recorded = True
                yield from self._one_by_one(part)
                yield from self.begin()
                yield from self._locked()
            else:
                yield from (text for one in part for text in one.texts)
                self._lines = (*self._lines, *(one.operation.describe() for one in part))
            ran, digest = ran + len(part), part[-1].digest
        yield from self._finish()
        yield from self.commit()

    def _leave(self, ran: int, digest: str, *, again: bool) -> Iterator[str]:
        if again:
            yield self.records.interim(self.step, self._done, ran, digest)
        else:
            if self.step.direction == "downgrade":
                yield from self.moves
            yield self.records.running(self.step, ran, digest)
        self._done = ran
        yield self.spelling.commit

    # -- operation by operation --------------------------------------------------------------

    def journaled(self) -> Iterator[str]:
        """An upgrade moves the version rows at its end, a downgrade at its beginning."""
        yield from self._before()
        if self.step.direction == "downgrade":
            yield from self.begin()
            yield from self.guard()
            yield from self.moves
            yield self.records.running(self.step)
            yield from self.commit()
        else:
            yield from self.guard()
            yield self.records.running(self.step)
            yield from self._committed()
        yield from self._one_by_one(self.content.written)
        yield from self.begin()
        yield from self._locked()
        yield from self._finish()
        yield from self.commit()

    def _one_by_one(self, written: Sequence[Written]) -> Iterator[str]:
        for one in written:
            self._lines = (*self._lines, one.operation.describe())
            record = self.records.progress(self.step, self._done, self._lines, one.digest)
            if one.atomic:
                yield from self.begin()
                yield from self._locked()
                yield from one.texts
                yield record
                yield from self.commit()
            else:
                yield from one.texts
                yield record
                yield from self._committed()
            self._done += 1

    def _committed(self) -> list[str]:
        """Where a transaction begins by itself, a write is not committed by itself."""
        return [] if self.spelling.begin else [self.spelling.commit]

    def _locked(self) -> list[str]:
        condition = self.spelling.is_locked(self.records.place)
        if condition is None or self.require is None:
            return []
        return self.spelling.stop_unless(Check(condition, "embedmig: the migration lock was lost"))

    def _finish(self) -> Iterator[str]:
        if self.step.direction != "downgrade":
            yield from self.moves
        count = len(self.content.written)
        yield self.records.finished(self.step, self._done, count, self.content.digest)
        yield from self._after()

    # -- what the statements themselves need ------------------------------------------------

    def _before(self) -> list[str]:
        return [] if self.joined else self.spelling.before_transaction(self.content.texts)

    def _after(self) -> list[str]:
        return self.spelling.before_commit(self.content.texts) if self.unenforced else []
