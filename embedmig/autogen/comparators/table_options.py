"""Table options: engine, charset, storage parameters."""

from __future__ import annotations

from collections.abc import Iterator

from ...dialects.snapshot import full_name
from ...ops import AlterTableOptions, Operation
from ..diff import Uncompared
from ..pairing import Context


def compare_table_options(context: Context) -> Iterator[Operation]:
    """Options by SQLAlchemy's keyword; what no ALTER TABLE can change is listed instead."""
    for pair in context.common:
        current, wanted = pair.both
        changed = sorted(
            option
            for option in {*current.options, *wanted.options}
            if current.options.get(option) != wanted.options.get(option)
        )
        fixed = [option for option in changed if option in context.comparison.fixed_options]
        for option in fixed:
            reason = f"{option} differs, and no ALTER TABLE can change it"
            context.uncompared.append(Uncompared("table", full_name(pair.key), reason))
        if alterable := [option for option in changed if option not in fixed]:
            yield AlterTableOptions(
                pair.name,
                {option: wanted.options.get(option) for option in alterable},
                schema=pair.schema,
                existing={option: current.options.get(option) for option in alterable},
            )
