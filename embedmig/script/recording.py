"""Asking the revisions what they do, with the catalog going along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import EmbedmigError, Irreversible, NeedsAutocommit, NeedsDatabase
from ..ops import ExecuteSQL
from ..ops.facade import Operations
from ..replay import derive_way_back, record, replay
from ..sinks import NOTHING, ScriptSink, Written
from .body import Content

if TYPE_CHECKING:
    from ..dialects.base import Dialect
    from ..plan import Step
    from ..revision import Revision
    from .span import Span

_PACKAGE = __name__.partition(".")[0]


class Recorder:
    """Walks a plan; the catalog begins as the rows of the start have left the tables."""

    def __init__(
        self,
        span: Span,
        dialect: Dialect,
        *,
        naming_convention: Mapping[str, Any] | None,
        comments: bool,
    ) -> None:
        self.graph = span.graph
        self.dialect = dialect
        self.naming_convention = naming_convention
        self.comments = comments
        self.catalog = replay(self.graph, span.rows, dialect, naming_convention=naming_convention)

    def content(self, step: Step) -> Content:
        """What one step of the plan does, as text."""
        if step.direction == "stamp":
            return Content(step, digest=NOTHING)
        if step.direction == "upgrade" and step.revision.offline_sql is not None:
            return self._declared(step)
        transactional = self.dialect.session.transactional_ddl and step.revision.transactional
        sink = ScriptSink(self.dialect, self.catalog, in_transaction=transactional)
        remark = None
        try:
            self._run(step, sink)
        except NeedsDatabase as error:
            found = NeedsDatabase(error.what, step.revision.id, _place(error.__traceback__))
            if not self.comments:
                raise found from error
            remark = _remark(found)
        except NeedsAutocommit as error:
            raise NeedsAutocommit(error.operation, step.revision.id) from error
        except EmbedmigError as error:
            error.add_note(f"while rendering {step} ({step.revision.location})")
            raise
        return Content(step, sink.written, sink.digest, remark)

    def _run(self, step: Step, sink: ScriptSink) -> None:
        revision = step.revision
        upwards = step.direction == "upgrade"
        function = revision.upgrade_function if upwards else revision.downgrade_function
        if function is not None:
            function(Operations(sink))
        elif upwards:
            raise Irreversible(revision, "it has no function")
        else:
            for operation in self._way_back(revision):
                sink.apply(operation)

    def _way_back(self, revision: Revision) -> Any:
        return derive_way_back(
            self.graph, revision, self.dialect, naming_convention=self.naming_convention
        )

    def _declared(self, step: Step) -> Content:
        """The SQL that a revision declares for scripts; the catalog follows its function, and so
        does the digest as far as it can be known."""
        revision = step.revision
        given: str | Callable[[str], str] = revision.offline_sql
        text = given if isinstance(given, str) else given(self.dialect.sa.name)
        digest = NOTHING
        record(revision, self.dialect, self.catalog, tolerant=True)
        one = Written(
            ExecuteSQL(text),
            (self.dialect.script.trimmed(text),),
            atomic=self.dialect.session.transactional_ddl,
            digest=digest,
            outside=False,
        )
        return Content(step, [one] if text.strip() else [], digest)


def _place(traceback: TracebackType | None) -> str:
    """File and line of the application's own code that was running."""
    place = ""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__", "").partition(".")[0] != _PACKAGE:
            place = f"{frame.f_code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _remark(error: NeedsDatabase) -> str:
    where = f" at {error.location}" if error.location else ""
    return (
        f"NEEDS A DATABASE: {error.what}{where}. What revision {error.revision} does from there on "
        "is not in this script: write it here before the script is run."
    )
