"""A picture as SQLAlchemy's own objects again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from embedmig.dialects.materialize import default_of, sql_text
from embedmig.dialects.snapshot import ColumnState


@pytest.mark.parametrize(
    "text",
    [
        "'x'::text",
        "':a %s'",
        "a = ':b'",
        "'10:30'::time",
        "a[1:2]",
        "'::'",
        "x -> 'a:b'",
        "':\\:a'",
    ],
)
def test_a_colon_is_no_bind_parameter(text: str) -> None:
    compiled = sql_text(text).compile(dialect=postgresql.dialect(paramstyle="named"))
    if "\\" not in text:
        assert str(compiled) == text
    assert compiled.params == {}


def test_a_default_is_text_an_identity_or_an_expression() -> None:
    assert default_of(ColumnState("a", "integer")) is None
    assert str(default_of(ColumnState("a", "integer", default="7"))) == "7"
    computed = default_of(ColumnState("a", "integer", generated="b + 1", persisted=True))
    assert isinstance(computed, sa.Computed)
    identity = default_of(
        ColumnState("a", "integer", identity=(("always", True),)),
        ColumnState("a", "integer", identity=(("always", True), ("maxvalue", 9))),
    )
    assert identity.nomaxvalue is True
