"""Every Python block of README and docs runs: what is promised there is a test.

The blocks of a page run in order, in one process and one directory. A block whose first line is
a comment naming a file (`# myapp/models.py`) is written there instead, so that a page can show an
application of several modules. A `pycon` block is run as a doctest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE: Final = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE: Final = re.compile(r"# (\S+\.py)\n")

RUNNER: Final = """
import doctest, pathlib, sys
namespace = {"__name__": "__main__"}
for kind, line, path in (entry.split("|") for entry in sys.argv[2:]):
    code = pathlib.Path(path).read_text()
    if kind == "pycon":
        page = sys.argv[1]
        test = doctest.DocTestParser().get_doctest(code, namespace, page, page, int(line))
        if doctest.DocTestRunner().run(test, clear_globs=False).failed:
            sys.exit(1)
    else:
        exec(compile("\\n" * int(line) + code, sys.argv[1], "exec"), namespace)
"""


@dataclass(frozen=True)
class Block:
    kind: str
    line: int
    code: str

    @property
    def file(self) -> str | None:
        named = FILE.match(self.code)
        return named[1] if named and self.kind == "python" else None


def blocks(text: str) -> list[Block]:
    """The Python blocks of a page; `line` is how many lines stand before its first."""
    return [
        Block(match[1], text.count("\n", 0, match.start(2)), match[2])
        for match in FENCE.finditer(text)
    ]


def run(page: str, text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Lay out the page's files under `directory`, then run its other blocks there in order."""
    entries = []
    for number, block in enumerate(blocks(text)):
        if block.file is not None:
            _write_module(directory, block.file, block.code)
        else:
            path = directory / f".block{number}"
            path.write_text(block.code)
            entries.append(f"{block.kind}|{block.line}|{path}")
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER, page, *entries],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def _write_module(directory: Path, name: str, code: str) -> None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for package in path.relative_to(directory).parents:
        if package != Path():
            (directory / package / "__init__.py").touch()
    path.write_text(code)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_code_on_a_page_runs(page: Path, tmp_path: Path) -> None:
    result = run(page.name, page.read_text(encoding="utf-8"), tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_readme_has_exactly_two_commands() -> None:
    commands = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    assert [command.count("\n") for command in commands] == [1, 1]


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*PAGES, *(ROOT / f"{n}.md" for n in ("CONTRIBUTING", "SECURITY", "CHANGELOG"))]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_a_failing_block_is_a_failure_at_its_own_line(tmp_path: Path) -> None:
    text = (
        "prose\n```python\n# pkg/mod.py\nx = 1\n```\n"
        "```python\nfrom pkg.mod import x\nassert x == 2\n```\n"
    )
    result = run("page.md", text, tmp_path)
    assert result.returncode == 1
    assert 'File "page.md", line 8' in result.stderr


def test_a_pycon_block_is_compared_with_what_it_shows(tmp_path: Path) -> None:
    assert run("p", "```pycon\n>>> 1 + 1\n2\n```\n", tmp_path).returncode == 0
    assert run("p", "```pycon\n>>> 1 + 1\n3\n```\n", tmp_path).returncode == 1
