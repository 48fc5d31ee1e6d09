"""What everything is written with: imports, hooks, literals and names."""

from __future__ import annotations

import collections
import decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import conv

from embedmig.autogen.context import Context
from embedmig.errors import CannotRender
from embedmig.options import CompareOptions


class Outer:
    class Inner:
        pass


@pytest.mark.parametrize(
    ("thing", "path", "imports"),
    [
        (sa.Integer, "sa.Integer", {"import sqlalchemy as sa"}),
        (
            postgresql.JSONB,
            "postgresql.JSONB",
            {"from sqlalchemy.dialects import postgresql"},
        ),
        (collections.OrderedDict, "collections.OrderedDict", {"import collections"}),
        (decimal.Decimal, "decimal.Decimal", {"import decimal"}),
        (Outer, f"{Outer.__module__}.Outer", {f"import {Outer.__module__}"}),
        (Outer.Inner, None, set()),
    ],
)
def test_a_class_is_imported_from_where_it_is_public(
    thing: type, path: str | None, imports: set[str]
) -> None:
    context = Context()
    assert context.path_of(thing) == path
    assert context.imports == imports


def test_what_it_writes_evaluates_with_the_imports_it_asked_for() -> None:
    context = Context()
    context.require("import decimal")
    assert context.evaluate("decimal.Decimal('1.5')") == decimal.Decimal("1.5")
    context.require("from fractions import Fraction")
    assert context.evaluate("Fraction(1, 2) + Fraction(1, 2)") == 1


def test_another_database_is_written_for_as_long_as_the_block() -> None:
    context = Context(sqlite.dialect())
    with context.on(mysql.dialect()):
        assert context.dialect.name == "mysql"
    assert context.dialect.name == "sqlite"


@pytest.mark.parametrize("answer", [False, None])
def test_a_hook_may_leave_it_to_us(answer: Any) -> None:
    context = Context(options=CompareOptions(render_item=lambda *_: answer))
    assert context.hook("type", sa.Integer()) is None


def test_a_hook_gets_the_kind_the_item_and_the_context() -> None:
    seen: list[Any] = []
    context = Context(options=CompareOptions(render_item=lambda *a: seen.append(a) or "x"))
    assert context.hook("index", 5) == "x"
    assert seen == [("index", 5, context)]


def test_a_hooks_answer_must_be_text() -> None:
    context = Context(options=CompareOptions(render_item=lambda *_: 5))  # type: ignore[arg-type,return-value]
    with pytest.raises(CannotRender, match="neither text nor False"):
        context.hook("type", sa.Integer())


@pytest.mark.parametrize(
    ("name", "convention", "source"),
    [
        (None, {}, "None"),
        ("ck", {}, '"ck"'),
        (conv("ck"), {}, 'op.f("ck")'),
        ("ck", {"ck": "ck_%(constraint_name)s"}, 'op.f("ck")'),
        ("ck", {"ck": "ck_%(table_name)s"}, '"ck"'),
        ("ck", {"uq": "uq_%(constraint_name)s"}, '"ck"'),
        (sa.quoted_name("Ck", quote=True), {}, 'sa.quoted_name("Ck", quote=True)'),
    ],
)
def test_a_final_name_is_marked_where_a_convention_would_be_applied(
    name: Any, convention: dict[str, str], source: str
) -> None:
    assert Context(naming_convention=convention).constraint_name(name, "ck") == source
