"""A sequence goes back to the options it had, given or not."""

from __future__ import annotations

from typing import Any

import pytest

from embedmig.catalog import Catalog
from embedmig.errors import Irreversible
from embedmig.ops import AlterSequence, CreateSequence


def way_back(*options: dict[str, Any]) -> Any:
    """What the last of these alterations is undone by; the first options are those at birth."""
    catalog = Catalog()
    first, *between, last = options
    catalog.observe(CreateSequence("q", options=first))
    for each in between:
        catalog.observe(AlterSequence("q", options=each))
    back: Any = catalog.complete(AlterSequence("q", options=last)).reverse()
    return back.options


def test_what_was_not_given_is_what_sql_says_it_is() -> None:
    changes = {"increment": 5, "minvalue": 3, "maxvalue": 99, "cycle": True}
    usual = {"increment": 1, "minvalue": None, "maxvalue": None, "cycle": False}
    assert way_back({}, changes) == usual
    assert way_back(changes, usual) == changes


def test_a_bound_that_was_taken_away_is_the_bound_again() -> None:
    assert way_back({"minvalue": 3}, {"nominvalue": True}) == {"minvalue": 3}
    assert way_back({"minvalue": 3}, {"nominvalue": True}, {"minvalue": 7}) == {"minvalue": None}
    assert way_back({"nomaxvalue": True}, {"maxvalue": 9}, {"maxvalue": 7}) == {"maxvalue": 9}


@pytest.mark.parametrize("option", ["start", "cache", "data_type"])
def test_what_each_database_chooses_by_itself_is_not_guessed(option: str) -> None:
    assert way_back({option: 2}, {option: 7}) == {option: 2}
    with pytest.raises(Irreversible, match=f"old {option}"):
        way_back({}, {option: 7})
