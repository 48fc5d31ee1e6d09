"""What each revision of a range does, and what keeps it from being written out."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Registry, ops
from embedmig.autogen.context import Context
from embedmig.autogen.squash import Recorded, check_members, downgrade_lines, record, upgrade_lines
from embedmig.errors import ConfigurationError
from tests.autogen.contexts import dialect_of


def recorded(registry: Registry) -> list[Recorded]:
    return record(registry.graph, list(registry.revisions), dialect_of("postgresql"), None)


def chain(*functions: Any) -> Registry:
    registry, parent = Registry(), None
    for number, function in enumerate(functions):
        registry.revision(f"r{number}", down_revision=parent)(function)
        parent = f"r{number}"
    return registry


def creates(op: Any) -> None:
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))


def adds(op: Any) -> None:
    op.add_column("t", sa.Column("a", sa.Integer))


def fills(op: Any) -> None:
    op.execute("UPDATE t SET a = 1")


def asks(op: Any) -> None:
    op.connection.execute(sa.text("SELECT 1"))


def looks(op: Any) -> None:
    if not op.is_offline:
        op.drop_table("t")


def test_operations_are_recorded_with_what_undoes_them() -> None:
    first, second = recorded(chain(creates, adds))
    assert [op.verb for op in first.forward] == ["create_table"]
    assert second.back is not None
    assert [op.verb for op in second.back] == ["drop_column"]
    assert not first.has_own_way_back


def test_a_statement_has_no_way_back_and_says_so() -> None:
    _, _, filling = recorded(chain(creates, adds, fills))
    assert filling.back is None
    assert "execute UPDATE" in filling.reason
    text = "\n".join(downgrade_lines(recorded(chain(creates, adds, fills)), Context()))
    assert "raise Irreversible" in text
    assert "r2" in text


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (asks, "it asks the database (op.connection)"),
        (looks, "it looks whether there is a database"),
    ],
)
def test_what_only_a_live_database_can_tell_is_called(function: Any, reason: str) -> None:
    *_, last = recorded(chain(creates, function))
    assert last.reason == reason
    assert [type(item).__name__ for item in last.forward] == ["Reference"]


def test_changes_of_a_new_table_go_into_it_and_statements_say_whose_they_are() -> None:
    lines = "\n".join(upgrade_lines(recorded(chain(creates, adds, fills)), Context()))
    assert lines.count("op.create_table(") == 1
    assert "add_column" not in lines
    assert "# from revision r2" in lines


def test_one_revision_is_no_range() -> None:
    with pytest.raises(ConfigurationError, match="covers 1 revision"):
        check_members(list(chain(creates).revisions), "r0:r0")


def test_a_recorded_operation_is_the_one_that_was_made() -> None:
    ((only,), _) = (each.forward for each in recorded(chain(creates, adds)))
    assert isinstance(only, ops.CreateTable)
    assert list(only.to_table().c.keys()) == ["id"]
