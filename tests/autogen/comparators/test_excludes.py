"""An EXCLUDE is compared whole."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import ExcludeConstraint

from embedmig.autogen.comparators.excludes import compare_excludes
from tests.autogen.contexts import context_of, metadata, table, told


def test_another_operator_is_another_constraint() -> None:
    before, after = (
        metadata(table(ExcludeConstraint(("id", operator), name="ex"))) for operator in ("=", "<>")
    )
    expected = ["drop constraint ex on t", "create exclude constraint ex on t"]
    assert told(compare_excludes(context_of(before, after))) == expected
    assert told(compare_excludes(context_of(after, after))) == []
