"""The table of faults in the docs is that of the tests."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "surviving.md"
VALUES = {
    "{moment}": ("before", "in", "after"),
    "{fault}": ("cut before", "cut after", "reset"),
    "{sent.name}": ("SIGTERM", "SIGINT"),
}


def tried() -> set[str]:
    """Every fault that a test notes as survived."""
    found: set[str] = set()
    for path in HERE.glob("test_*.py"):
        for name in re.findall(r'survived\(f?"([^"]+)"', path.read_text()):
            part = next((part for part in VALUES if part in name), None)
            found |= {name.replace(part, v) for v in VALUES[part]} if part else {name}
    return found


def test_the_docs_list_every_fault_and_no_other() -> None:
    rows = re.findall(r"^\| ([^|]+) \|(?: (?:yes|-) \|){3}$", PAGE.read_text(), re.MULTILINE)
    assert set(rows) == tried()
