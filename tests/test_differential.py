"""The same migrations by Alembic and by embedmig: every difference is one that was intended."""

from __future__ import annotations

from functools import cache

import pytest

from embedmig.errors import EmbedmigError
from tests.differential_intended import INTENDED, Outcome, Pair
from tests.generated_operations import Generated, generate, start
from tests.rendering import NAMES, alembics, ours, squeezed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs_sqlalchemy("2.1", "the reasons are those for what it compiles"),
]

CASES = generate()


def our_outcome(dialect: str, case: Generated) -> Outcome:
    try:
        return [squeezed(s) for s in ours(dialect, case.run, start)]
    except EmbedmigError as error:
        return f"{type(error).__name__}: {error}"


def alembics_outcome(dialect: str, case: Generated) -> Outcome:
    """Alembic has no common base of its errors, and some are plain accidents."""
    try:
        return [squeezed(s) for s in alembics(dialect, case.run)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@cache
def examined(dialect: str) -> tuple[dict[str, Pair], frozenset[str], int]:
    """What differs after all intended differences, the reasons that were needed, and the equals."""
    unexplained: dict[str, Pair] = {}
    needed: set[str] = set()
    equal = 0
    for case in CASES:
        pair: Pair = (our_outcome(dialect, case), alembics_outcome(dialect, case))
        equal += pair[0] == pair[1]
        for intended in INTENDED:
            if pair[0] == pair[1]:
                break
            after = intended.applied(dialect, case, pair)
            if after != pair:
                needed.add(intended.reason)
            pair = after
        if pair[0] != pair[1]:
            unexplained[case.name] = pair
    return unexplained, frozenset(needed), equal


@pytest.mark.parametrize("dialect", NAMES)
def test_every_difference_from_alembic_is_intended(dialect: str) -> None:
    unexplained, _, _ = examined(dialect)
    assert unexplained == {}


def test_every_intended_difference_still_exists() -> None:
    """An entry that explains nothing any more hides the next difference."""
    needed = frozenset[str]().union(*(examined(dialect)[1] for dialect in NAMES))
    assert [each.reason for each in INTENDED if each.reason not in needed] == []


def test_the_comparison_is_worth_something() -> None:
    """A few hundred migrations, and most of them are written alike."""
    assert len(CASES) >= 250
    assert sum(examined(dialect)[2] for dialect in NAMES) >= 1000
