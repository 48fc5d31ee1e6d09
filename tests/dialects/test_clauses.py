"""Clauses of one table become one ALTER TABLE, as long as none needs what another brings."""

from __future__ import annotations

from embedmig.dialects.base import Statement
from embedmig.dialects.clauses import Preparation, clause, merged


def texts(*statements: Statement) -> list[str]:
    return [str(statement.sql) for statement in merged(statements)]


def test_neighbouring_clauses_of_one_table_are_joined() -> None:
    assert texts(clause("t", "DROP COLUMN a"), clause("t", "DROP COLUMN b")) == [
        "ALTER TABLE t DROP COLUMN a, DROP COLUMN b"
    ]


def test_another_table_or_another_statement_ends_the_group() -> None:
    assert texts(
        clause("t", "X"),
        clause("u", "Y"),
        clause("u", "Z"),
        Statement("SELECT 1"),
        clause("u", "W"),
    ) == ["ALTER TABLE t X", "ALTER TABLE u Y, Z", "SELECT 1", "ALTER TABLE u W"]


def test_a_clause_that_needs_an_added_column_comes_after_it() -> None:
    assert texts(
        clause("t", "ADD a", adds={"a"}), clause("t", "DROP b", needs={"b"}),
        clause("t", "ALTER a", needs={"a"}),
    ) == ["ALTER TABLE t ADD a, DROP b", "ALTER TABLE t ALTER a"]  # fmt: skip


def test_preparations_go_first_and_do_not_part_the_group() -> None:
    assert texts(clause("t", "X"), Preparation("CREATE TYPE e"), clause("t", "ADD e")) == [
        "CREATE TYPE e",
        "ALTER TABLE t X, ADD e",
    ]
