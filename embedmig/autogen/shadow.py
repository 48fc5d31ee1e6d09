"""Where the cheap comparison does not settle it, the database is asked.

The cheap half knows how a database prints the usual types and defaults. Where the two texts
differ, the metadata's table is made in a shadow and read as the real one was read; its picture
then takes the place of the described one. What no shadow could answer is listed as uncompared,
and left as the database has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dialects.comparison import NoShadow
from ..dialects.describe import UNKNOWN
from ..dialects.snapshot import ColumnState, TableState, full_name
from .diff import Uncompared
from .pairing import Context, TablePair, adopt

if TYPE_CHECKING:
    from sqlalchemy import Connection


def settle(context: Context, connection: Connection) -> None:
    """Ask the shadow about every table whose cheap comparison leaves a question."""
    open_questions = [pair for pair in context.all_common if is_unsettled(pair)]
    if not open_questions:
        return
    if not context.options.shadow:
        give_up(context, open_questions, "the option shadow=False forbids to ask the database")
        return
    described = [pair.described for pair in open_questions if pair.described is not None]
    try:
        shadowed = context.comparison.shadow(connection, described, context.scope, context.metadata)
    except NoShadow as error:
        give_up(context, open_questions, f"no shadow can be made here: {error}")
        return
    for pair in open_questions:
        answer = shadowed.tables.get(pair.key)
        if answer is None or pair.key in shadowed.refused:
            reason = shadowed.refused.get(pair.key, "the shadow does not have it")
            give_up(context, [pair], f"the database refuses the metadata's table: {reason}")
        else:
            take_over(context, pair, answer)


def take_over(context: Context, pair: TablePair, answer: TableState) -> None:
    """Let the shadow's picture stand for the metadata's; foreign keys and comments stay."""
    narrow = context.comparison.compares_given_options_only
    assert pair.described is not None
    described = pair.described.state
    for name, column in described.columns.items():
        default = UNKNOWN if column.default == UNKNOWN else answer.columns[name].default
        described.columns[name] = answer.columns[name]._replace(
            comment=column.comment, default=default
        )
    described.collation, described.collations = answer.collation, answer.collations
    for kind in ("primary_key", "uniques", "checks", "excludes", "indexes"):
        setattr(described, kind, getattr(answer, kind))
    described.options = {
        option: answer.options[option]
        for option in (described.options if narrow else answer.options)
        if option in answer.options
    }
    adopt(context.comparison, pair)


# -- what is open -------------------------------------------------------------------------------


def fragile(column: ColumnState) -> tuple[object, ...]:
    """The facets of a column whose texts may differ while the column does not."""
    return column._replace(nullable=True, comment=None)


def is_unsettled(pair: TablePair) -> bool:
    """Whether the two pictures differ where spelling may be to blame."""
    current, wanted = pair.both
    return (
        (
            current.columns != wanted.columns
            and any(fragile(column.current) != fragile(column.wanted) for column in pair.columns)
        )
        or _both_differ(current.checks, wanted.checks)
        or _both_differ(current.uniques, wanted.uniques)
        or current.primary_key != wanted.primary_key
        or _both_differ(current.excludes, wanted.excludes)
        or _both_differ(current.indexes, wanted.indexes)
        or current.options != wanted.options
    )


def _both_differ(current: tuple[object, ...], wanted: tuple[object, ...]) -> bool:
    if current == wanted:
        return False
    here, there = set(current), set(wanted)
    return bool(here - there) and bool(there - here)


def give_up(context: Context, pairs: list[TablePair], reason: str) -> None:
    """List what stays unknown, and let it be as it is in the database."""
    for pair in pairs:
        current, wanted = pair.both
        name = full_name(pair.key)
        for column in list(pair.columns):
            if fragile(column.current) != fragile(column.wanted):
                facets = ("nullable", "comment")
                kept = {facet: getattr(column.wanted, facet) for facet in facets}
                wanted.columns[column.wanted.name] = column.current._replace(**kept)
                place = f"{name}.{column.wanted.name}"
                context.uncompared.append(Uncompared("column", place, reason))
        for attribute, kind in (("checks", "check"), ("excludes", "exclude"), ("indexes", "index")):
            if _both_differ(getattr(current, attribute), getattr(wanted, attribute)):
                setattr(wanted, attribute, getattr(current, attribute))
                context.uncompared.append(Uncompared(f"{kind}s of table", name, reason))
        if current.options != wanted.options:
            wanted.options = current.options
            context.uncompared.append(Uncompared("options of table", name, reason))
