"""A second opinion: SQLite's own grammar, as the syntaqlite package has it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from embedmig.dialects.sqlite.table_text import DEFERRABLE, FOREIGN_KEY, NAME_ONLY, Clause, parse
from embedmig.dialects.sqlite.tokens import tokenize, unquote

from .schemas import Made, tables

syntaqlite = pytest.importorskip("syntaqlite")


@pytest.fixture(scope="module")
def grammar() -> Any:
    with syntaqlite.Syntaqlite() as made:
        yield made


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(made=tables())
def test_the_tokens_are_those_of_sqlite(grammar: Any, made: Made) -> None:
    """Every text is cut at the same places."""
    for sql in [made.sql, *made.extras]:
        theirs = [token["text"] for token in grammar.tokenize(sql)]
        assert [token.text for token in tokenize(sql)] == theirs


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(made=tables(with_extras=False))
def test_the_clauses_are_those_of_sqlite(grammar: Any, made: Made) -> None:
    """Every column has the same clauses in the same order, and the table the same constraints."""
    (statement,) = grammar.parse_raw(made.sql)
    table = parse(made.sql)
    columns = statement["columns"]["children"]
    for theirs, ours in zip(columns, table.columns, strict=True):
        assert without_escapes(theirs["column_name"]["source"]) == ours.name
        read = [part for clause in ours.clauses for part in parts(clause)]
        # A column's foreign key goes by its first word there.
        assert flat(theirs["constraints"]) == [
            "references" if part == "foreign key" else part for part in read
        ]
    assert flat(statement["table_constraints"]) == [p for c in table.constraints for p in parts(c)]


def without_escapes(name: str) -> str:
    """syntaqlite leaves doubled quotes doubled."""
    return name.replace('""', '"').replace("``", "`")


def flat(node: Any) -> list[str]:
    """The kinds and names in a list of constraints, in their order."""
    if node is None:
        return []
    if node["type"] == "ConstraintNameDeclaration":
        return [f"name {unquote(node['name'])}"]
    if "kind" in node:
        kind = node["kind"].lower().replace("_", " ")
        return [] if kind == "deferrable" else [kind]  # ours is a part of REFERENCES
    return [part for child in node.get("children", ()) for part in flat(child)]


def parts(clause: Clause) -> list[str]:
    """The same of a clause of ours."""
    names = [f"name {clause.name}"] if clause.name is not None else []
    kinds = {FOREIGN_KEY: "foreign key", DEFERRABLE: "", NAME_ONLY: ""}
    kind = kinds.get(clause.kind, clause.kind)
    return [*names, kind] if kind else names
