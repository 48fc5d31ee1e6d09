"""What information_schema says, as pictures."""

from __future__ import annotations

import pytest

from embedmig.dialects.mysql_reader import sequence_options, spelled_type, table_options


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("int(11)", "int"),
        ("tinyint(1)", "tinyint(1)"),
        ("tinyint(4)", "tinyint"),
        ("bigint(20) unsigned", "bigint unsigned"),
        ("decimal(10,2)", "decimal(10,2)"),
        ("enum('int(11)','b')", "enum('int(11)','b')"),
    ],
)
def test_display_widths_are_left_out(text: str, spelled: str) -> None:
    assert spelled_type(text) == spelled


def test_table_options_are_read() -> None:
    assert table_options("InnoDB", "utf8mb4_bin", "row_format=DYNAMIC") == {
        "engine": "InnoDB",
        "collate": "utf8mb4_bin",
        "default_charset": "utf8mb4",
        "row_format": "DYNAMIC",
    }
    assert table_options(None, None, "") == {}


def test_a_sequences_usual_options_are_left_out() -> None:
    assert sequence_options(1, 1, 1, 2**63 - 2, 1000, 0) == {}
    assert sequence_options(5, 2, 1, 9, 0, 1) == {
        "start": 5,
        "increment": 2,
        "maxvalue": 9,
        "cache": 0,
        "cycle": True,
    }
