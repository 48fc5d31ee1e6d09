"""A sequence's options are compared, and one that a revision did not make stays."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.sequences import compare_sequences
from tests.autogen.contexts import context_of, metadata, table, told


def wanted(**options: int) -> sa.MetaData:
    return metadata(table(), lambda made: sa.Sequence("s", metadata=made, **options))


def test_what_differs_is_altered_and_what_is_given_up_goes_back_to_the_usual() -> None:
    before = sa.Sequence("s", start=5, increment=2)
    (op,) = compare_sequences(context_of(wanted(), wanted(increment=3), sequences=[before]))
    assert op.options == {"increment": 3, "start": 1}
    assert op.reverse().options == {"increment": 2, "start": 5}


def test_one_is_created_and_dropped() -> None:
    context = context_of(metadata(table()), wanted(start=7))
    assert told(compare_sequences(context)) == ["create sequence s"]
    context = context_of(metadata(table()), metadata(table()), sequences=[sa.Sequence("s")])
    assert told(compare_sequences(context)) == ["drop sequence s"]


def test_an_unmanaged_one_is_listed() -> None:
    context = context_of(metadata(table()), metadata(table()), sequences=[sa.Sequence("s")])
    context.managed = lambda key: False
    context.unmanaged.clear()
    assert told(compare_sequences(context)) == []
    assert [str(each) for each in context.unmanaged] == [
        "sequence s: no revision is known to have made it"
    ]
