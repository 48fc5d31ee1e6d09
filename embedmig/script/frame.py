"""From a plan to a text: the frame, and between its ends one revision after the other."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..dialects import dialect_for
from ..dialects.base import Dialect
from ..dialects.offline import offline_dialect
from ..dialects.script import Check
from ..errors import ConfigurationError
from .body import Body, Content
from .header import header, title
from .recording import Recorder
from .records import Records
from .span import Span, Target, span_of

if TYPE_CHECKING:
    from ..graph import RevisionGraph
    from ..history import Tables
    from ..plan import Step
    from ..settings import Settings

OnlineOnly = Literal["raise", "comment"]


class Line(NamedTuple):
    """One piece of a script: a statement, a comment, or a command for the client alone."""

    kind: Literal["sql", "comment", "command"]
    text: str


def render(
    graph: RevisionGraph,
    target: Target = "heads",
    *,
    dialect: Dialect | str,
    tables: Tables,
    settings: Settings,
    start: str | None = None,
    server_version: str | None = None,
    idempotent: bool = False,
    online_only: OnlineOnly = "raise",
    rendered_at: dt.datetime | None = None,
) -> str:
    """The script from `start` to `target`; empty where there is nothing to do.

    See `Migrator.render_sql` for the arguments.
    """
    with _keeping_everything():
        script = _script(graph, target, start, dialect, server_version, tables, settings)
        script.idempotent, script.online_only = idempotent, online_only
        return script.text(rendered_at)


def statements(
    graph: RevisionGraph,
    target: Target = "heads",
    *,
    dialect: Dialect | str,
    tables: Tables,
    settings: Settings,
    start: str | None = None,
    server_version: str | None = None,
    idempotent: bool = False,
    online_only: OnlineOnly = "raise",
) -> list[str]:
    """The same one by one, without ends and comments, for a DB-API cursor in autocommit mode."""
    script = _script(graph, target, start, dialect, server_version, tables, settings)
    script.idempotent, script.online_only = idempotent, online_only
    return [line.text for line in script.lines() if line.kind == "sql"]


def _script(
    graph: RevisionGraph,
    target: Target,
    start: str | None,
    dialect: Dialect | str,
    server_version: str | None,
    tables: Tables,
    settings: Settings,
) -> Script:
    given = dialect if isinstance(dialect, str) else dialect.sa
    known = dialect_for(offline_dialect(given, server_version=server_version))
    return Script(span_of(graph, target, start), known, tables, settings)


class Script:
    """One script: from where, to where, for which database."""

    idempotent: bool = False
    online_only: OnlineOnly = "raise"

    def __init__(self, span: Span, dialect: Dialect, tables: Tables, settings: Settings) -> None:
        self.span = span
        self.dialect = dialect
        self.tables = tables
        self.settings = settings
        self.spelling = dialect.script
        self.records = Records(self.spelling, tables, settings.app_version)
        self.upwards = all(step.direction != "downgrade" for step in span.plan)
        self._contents: list[Content] | None = None
        self._unenforced = False

    # -- as text -----------------------------------------------------------------------------

    def text(self, rendered_at: dt.datetime | None) -> str:
        """The whole file; nothing where there is nothing to do."""
        lines = list(self.lines())
        if not lines:
            return ""
        head = header(self, self.contents(), rendered_at)
        return "".join(f"{piece}\n" for piece in (head, *map(self._written, lines)))

    def _written(self, line: Line) -> str:
        if line.kind == "sql":
            return self.spelling.ended(line.text) + ("\n" if "\n" in line.text else "")
        return "\n" + line.text if line.kind == "comment" else line.text

    # -- as pieces ---------------------------------------------------------------------------

    def contents(self) -> list[Content]:
        """What every revision does; asked of the revisions once."""
        if self._contents is None:
            recorder = Recorder(
                self.span,
                self.dialect,
                naming_convention=self.settings.naming_convention,
                comments=self.online_only == "comment",
            )
            self._contents = [recorder.content(step) for step in self.span.plan]
        return self._contents

    def lines(self) -> Iterator[Line]:
        """Every piece in order."""
        self._check_options()
        if not self.span.plan:
            return
        contents = self.contents()
        yield from (Line("command", text) for text in self.spelling.commands())
        yield from map(_sql, self.spelling.opening(self.records.place, self.settings.lock_timeout))
        yield Line("comment", "-- Is this the database that the script was rendered for?")
        yield from map(_sql, self._prelude())
        yield from self._revisions(contents)
        yield Line("comment", "-- Done.")
        yield from map(_sql, self._postlude())
        yield from map(_sql, self.spelling.closing(self.records.place))

    def _check_options(self) -> None:
        if self.online_only not in ("raise", "comment"):
            raise ConfigurationError(f"online_only={self.online_only!r}: use 'raise' or 'comment'")
        if not self.idempotent:
            return
        if self.spelling.no_blocks:
            raise ConfigurationError(
                f"no idempotent script for {self.dialect.name}: {self.spelling.no_blocks}; render "
                "one script for every revision that a database may stand at, with start="
            )
        if self._as_one:
            raise ConfigurationError('idempotent=True and transaction="all" exclude each other')

    @property
    def _as_one(self) -> bool:
        return self.settings.one_transaction and self.dialect.session.transactional_ddl

    def _prelude(self) -> Iterator[str]:
        """The tables of our own, and whether the database stands where the script begins."""
        if self.dialect.session.transactional_ddl:
            yield self.spelling.begin
        if self.idempotent or not self.span.rows:
            yield self.spelling.create_if_missing(self.tables.version)
        yield from self.spelling.stop_unless(self._beginning())
        yield self.spelling.create_if_missing(self.tables.history)
        yield from self.spelling.stop_unless(self.records.nothing_interrupted())
        if self.dialect.session.transactional_ddl and not self._as_one:
            yield self.spelling.commit

    def _beginning(self) -> Check:
        if self.idempotent:
            return self.records.knows_all(self.span.graph)
        rows = self.span.rows
        at = " ".join(rows) or "base"
        return Check(
            self.records.stands_at(len(rows), rows),
            f"embedmig: the database does not stand at {at} where this script begins",
        )

    def _postlude(self) -> Iterator[str]:
        if self._as_one:
            yield self.spelling.commit
        if self.idempotent:
            rows, graph = self.span.plan.after, self.span.graph
            check = self.records.has_reached(graph, rows, upwards=self.upwards)
            yield from self.spelling.stop_unless(check)

    # -- revisions ---------------------------------------------------------------------------

    def _revisions(self, contents: Sequence[Content]) -> Iterator[Line]:
        count = len(self.span.rows)
        for content in contents:
            step = content.step
            yield Line("comment", title(content))
            texts = self._guarded(content) if self.idempotent else self._plain(content, count)
            yield from map(_sql, texts)
            count += len(step.added) - len(step.removed)

    def _plain(self, content: Content, count: int) -> Iterable[str]:
        step = content.step
        condition = self.records.stands_at(count, step.removed)
        locked = self.spelling.is_locked(self.records.place)
        body = self._body(
            content,
            Check(
                condition if locked is None else f"{locked} AND {condition}",
                f"embedmig: the database does not stand where {step.revision.id} begins",
            ),
            self.records.moves(step),
        )
        body.joined = self._as_one
        return self._statements(body)

    def _guarded(self, content: Content) -> Iterable[str]:
        """The revision in a block that does nothing where it is not the next one."""
        step, graph = content.step, self.span.graph
        is_next = Check(self.records.is_next(graph, step), step.revision.id)
        moves = self.records.moves_from_anywhere(graph, step)
        body = self._body(content, None, moves)
        if not self.dialect.session.transactional_ddl:
            return self.spelling.block(is_next, list(self._statements(body)))
        self._refuse_outside(content)
        body.joined = True
        inside = self.spelling.block(is_next, list(body.together()))
        locked = self.spelling.is_locked(self.records.place)
        lost = "embedmig: the migration lock was lost"
        guard = [] if locked is None else self.spelling.stop_unless(Check(locked, lost))
        return [self.spelling.begin, *guard, *inside, self.spelling.commit]

    def _body(self, content: Content, require: Check | None, moves: list[str]) -> Body:
        if self.spelling.before_transaction(content.texts):
            self._unenforced = True
        return Body(content, self.records, self.spelling, require, moves, self._unenforced)

    def _statements(self, body: Body) -> Iterable[str]:
        transactional = body.step.direction == "stamp" or body.step.revision.transactional
        if not transactional and self._as_one:
            self._refuse_outside(body.content)
        if body.step.direction == "stamp" or (
            transactional and self.dialect.session.transactional_ddl
        ):
            return body.together()
        return body.journaled()

    def _refuse_outside(self, content: Content) -> None:
        step: Step = content.step
        outside = not step.revision.transactional and step.direction != "stamp"
        if outside or content.leaves_transaction:
            raise ConfigurationError(
                f"{step.revision} runs outside a transaction, so neither a block nor one "
                "transaction for everything can hold it; render it in a script of its own, without "
                'idempotent=True and transaction="all"'
            )


@contextmanager
def _keeping_everything() -> Iterator[None]:
    """No look for garbage: the catalog keeps all that is made here, and with a thousand tables a
    quarter of the time would go into finding none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on and not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()


def _sql(text: str) -> Line:
    return Line("sql", text)
