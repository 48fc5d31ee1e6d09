"""What pg_get_indexdef and pg_sequence say, as pictures."""

from __future__ import annotations

import pytest

from embedmig.dialects.postgresql_reader import parse_index, sequence_options
from embedmig.dialects.snapshot import IndexState

INDEXES = {
    "CREATE INDEX i ON s.t USING btree (a, b DESC)": (("a", "b DESC"), ()),
    'CREATE INDEX i ON t USING hash ("My Col")': (("My Col",), (("using", "hash"),)),
    "CREATE INDEX i ON t USING gin (lower((a)::text) gin_trgm_ops, ((b + 1)))": (
        ("lower((a)::text) gin_trgm_ops", "((b + 1))"),
        (("using", "gin"),),
    ),
    'CREATE INDEX i ON t USING btree (a) INCLUDE (b, "C") NULLS NOT DISTINCT '
    "WITH (fillfactor='70') WHERE ((b > 1) AND (a <> ' USING x ('::text))": (
        ("a",),
        (
            ("include", ("b", "C")),
            ("nulls_not_distinct", True),
            ("where", "(b > 1) AND (a <> ' USING x ('::text)"),
            ("with", (("fillfactor", "70"),)),
        ),
    ),
}


@pytest.mark.parametrize("definition", INDEXES)
def test_an_index_definition_is_taken_apart(definition: str) -> None:
    elements, options = INDEXES[definition]
    read = parse_index("i", definition, None, unique=False)
    assert read == IndexState("i", elements, False, options)


def test_an_invalid_index_and_its_tablespace_are_told() -> None:
    read = parse_index("i", "CREATE INDEX i ON t USING btree (a)", "fast", unique=True, valid=False)
    assert dict(read.options) == {"invalid": True, "tablespace": "fast"}


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ((1, 1, 1, 2**63 - 1, 1, False), {}),
        ((1, 1, 1, 2**31 - 1, 1, False), {}),
        (
            (5, 2, 1, 9, 3, True),
            {"start": 5, "increment": 2, "maxvalue": 9, "cache": 3, "cycle": True},
        ),
        ((-1, -1, -(2**63), -1, 1, False), {"increment": -1}),
        ((7, 1, 7, 2**63 - 1, 1, False), {"start": 7, "minvalue": 7}),
    ],
)
def test_a_sequences_usual_options_are_left_out(
    values: tuple[int, int, int, int, int, bool], options: dict[str, object]
) -> None:
    assert sequence_options(*values) == options
