"""The comments of a script: what it is, for which database, from where to where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..dialects.offline import product

if TYPE_CHECKING:
    from .body import Content
    from .frame import Script


def header(script: Script, contents: Sequence[Content], rendered_at: dt.datetime | None) -> str:
    """The first lines of the file."""
    return "\n".join(f"-- {line}".rstrip() for line in _lines(script, contents, rendered_at)) + "\n"


def _lines(
    script: Script, contents: Sequence[Content], rendered_at: dt.datetime | None
) -> Iterator[str]:
    plan = script.span.plan
    at = rendered_at or dt.datetime.now(dt.UTC).replace(microsecond=0)
    version = ".".join(map(str, script.dialect.sa.server_version_info or ()))
    begin = "any revision that it knows" if script.idempotent else " ".join(plan.before) or "base"
    yield f"{'Upgrade' if script.upwards else 'Downgrade'} by embedmig, rendered {at.isoformat()}"
    yield f"database: {product(script.dialect.sa)} {version}".rstrip()
    yield f"from:     {begin}"
    yield f"to:       {' '.join(plan.after) or 'base'}"
    if script.settings.app_version is not None:
        yield f"app:      {_on_one_line(script.settings.app_version)}"
    yield f"run it:   {script.spelling.how_to_run}"
    yield ""
    yield "It takes the same lock as upgrade(), checks where the database stands, and records what"
    yield "it has done. Where it stops, upgrade() of the application goes on. Revisions:"
    yield ""
    for content in contents:
        message = _on_one_line(content.step.revision.message or "")
        yield f"  {content.step.revision.id} {content.digest} {message}".rstrip()


def title(content: Content) -> str:
    """The comment before a revision."""
    text = f"-- {_on_one_line(str(content.step))}"
    if content.remark is not None:
        text += f"\n-- {_on_one_line(content.remark)}"
    return text


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
