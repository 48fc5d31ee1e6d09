"""The table of faults tried and survived, filled by the tests and printed at the end of the run."""

from __future__ import annotations

from collections import Counter

_survived: Counter[tuple[str, str]] = Counter()


def survived(fault: str, database: str, times: int = 1) -> None:
    """Note that a fault was tried and survived so many times."""
    _survived[fault, database] += times


def lines() -> list[str]:
    """The table, a line for each fault."""
    databases = ("sqlite", "postgresql", "mariadb")
    faults = sorted({fault for fault, _ in _survived})
    if not faults:
        return []
    width = max(map(len, faults))
    head = f"{'fault':{width}}" + "".join(f"{name:>12}" for name in databases)
    rows = [
        f"{fault:{width}}" + "".join(f"{_survived[fault, name] or '-':>12}" for name in databases)
        for fault in faults
    ]
    return [head, *rows]
