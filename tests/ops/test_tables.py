"""An operation on a table is reversed as a whole, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.errors import Irreversible
from embedmig.ops import BatchAlterTable, RenameColumn

CHANGES = (RenameColumn("t", "a", "b"),)


def test_a_batch_of_changes_is_reversed() -> None:
    back = BatchAlterTable("t", CHANGES, recreate="always", reflect_kwargs={"listeners": []})
    (change,) = back.reverse().changes
    assert isinstance(change, RenameColumn)
    assert change.new_column_name == "a"


@pytest.mark.parametrize(
    "shape",
    [
        {"copy_from": sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))},
        {"table_args": (sa.UniqueConstraint("a"),)},
        {"table_kwargs": {"sqlite_strict": True}},
        {"reflect_args": (sa.Column("a", sa.Text),)},
        {"partial_reordering": (("a", "id"),)},
    ],
    ids=lambda shape: next(iter(shape)),
)
def test_a_batch_that_says_more_of_the_table_than_its_changes_is_not(shape: Any) -> None:
    """What it made of the table would stay when the changes are undone."""
    with pytest.raises(Irreversible, match=next(iter(shape))):
        BatchAlterTable("t", CHANGES, **shape).reverse()
