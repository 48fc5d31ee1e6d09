"""Print the table of faults after the run."""

from __future__ import annotations

import pytest

from tests.faults.table import lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in lines():
        terminalreporter.write_line(line)
