"""Every directive on every dialect, against the SQL text that is kept beside this file.

`EMBEDMIG_WRITE_GOLDEN=1 pytest tests/dialects/test_golden.py` writes the texts anew; the difference
is then read in the version control, statement by statement.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from embedmig.dialects import dialect_for
from embedmig.errors import EmbedmigError
from embedmig.ops import OPERATIONS
from tests.dialects.directives import DIRECTIVES, start
from tests.rendering import NAMES, Migration, ours, sa_dialect

pytestmark = pytest.mark.needs_sqlalchemy("2.1", "the texts are written as it compiles them")

GOLDEN = Path(__file__).with_name("golden")
WRITE = bool(os.environ.get("EMBEDMIG_WRITE_GOLDEN"))


def rendered(name: str, migration: Migration) -> str:
    """The statements as a script, or what the error says."""
    try:
        lines = ours(name, migration, start)
    except EmbedmigError as error:
        return f"-- {type(error).__name__}: {error}"
    end = dialect_for(sa_dialect(name)).ddl.script_end
    text = "\n".join(f"{line}{end}" for line in lines)
    return "\n".join(line.rstrip() for line in text.splitlines()) or "-- nothing to do"


def script(name: str) -> str:
    """All directives of one dialect, each under its name."""
    parts = [f"-- {case}\n{rendered(name, run)}" for case, run in DIRECTIVES.items()]
    return "\n\n".join(parts) + "\n"


def kept(name: str) -> dict[str, str]:
    """The golden text of each directive."""
    path = GOLDEN / f"{name}.sql"
    if WRITE:
        path.write_text(script(name))
    parts = path.read_text().rstrip("\n").split("\n\n-- ")
    pairs = (part.removeprefix("-- ").split("\n", 1) for part in parts)
    return dict(pair for pair in pairs if len(pair) == 2)


@pytest.mark.parametrize("name", NAMES)
def test_every_directive_is_spelled_as_the_golden_text_says(name: str) -> None:
    golden = kept(name)
    assert golden.keys() == DIRECTIVES.keys()
    different = {
        case: (rendered(name, run), golden[case])
        for case, run in DIRECTIVES.items()
        if rendered(name, run) != golden[case]
    }
    assert different == {}


def test_every_verb_has_a_directive() -> None:
    """A verb that nobody tries would have no golden text."""
    tried = {name.split(".")[0] for name in DIRECTIVES}
    tried |= {"drop_schema", "alter_sequence", "drop_sequence", "drop_enum"}  # inside create_…
    assert {operation.verb for operation in OPERATIONS} <= tried
