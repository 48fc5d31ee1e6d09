"""A column's definition is taken apart and put together without losing a letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedmig.dialects.mysql_columns import (
    ColumnText,
    definitions,
    is_plain_default,
    parse_definition,
    renamed_in,
    split_type,
    tokenize,
)

WRITTEN = [
    "int(10) unsigned zerofill NOT NULL DEFAULT 5 COMMENT 'it''s a \\\\ \"so\" 100%'",
    "datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6)",
    "varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'a''b'",
    "enum('a','b''c','d,e)','\\\\') COLLATE utf8mb4_bin NOT NULL",
    "int(11) GENERATED ALWAYS AS (`a` + (`b` * 2)) STORED COMMENT 'sum'",
    "decimal(10,2) NOT NULL DEFAULT -1.50",
    "bit(1) NOT NULL DEFAULT b'0'",
    "bigint(20) unsigned NOT NULL AUTO_INCREMENT COMMENT 'DEFAULT 5 NOT NULL'",
    "varchar(40) NOT NULL DEFAULT (concat(uuid(),_utf8mb4'('))",
    "int(11) NOT NULL INVISIBLE CHECK (`DEFAULT` > 0)",
    "text /*M!100301 COMPRESSED*/ NOT NULL",
    "int NOT NULL DEFAULT '7' /*!80023 INVISIBLE */",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_the_server_writes_comes_back_as_it_was(text: str) -> None:
    assert str(parse_definition(text)) == text
    assert parse_definition(str(parse_definition(text))) == parse_definition(text)


def test_null_is_known_and_written_out() -> None:
    assert parse_definition("timestamp NULL DEFAULT NULL") == ColumnText("timestamp", nullable=True)
    assert parse_definition("int(11) DEFAULT NULL") == ColumnText("int(11)", nullable=True)
    assert str(parse_definition("int(11) DEFAULT NULL")) == "int(11) NULL"


def test_the_parts_are_told_apart() -> None:
    found = parse_definition(WRITTEN[1])
    assert (found.type, found.default, found.on_update) == (
        "datetime(6)",
        "current_timestamp(6)",
        "current_timestamp(6)",
    )
    found = parse_definition(WRITTEN[9])
    assert (found.check, found.extras) == ("(`DEFAULT` > 0)", ("INVISIBLE",))


def test_only_columns_are_read_from_show_create_table() -> None:
    shown = (
        "CREATE TABLE `t` (\n"
        "  `id` int(11) NOT NULL AUTO_INCREMENT,\n"
        "  `od``d, name` int(11) DEFAULT NULL COMMENT 'a, b',\n"
        "  PRIMARY KEY (`id`),\n"
        "  KEY `ix` (`od``d, name`),\n"
        "  CONSTRAINT `ck` CHECK (`id` > 0)\n"
        ") ENGINE=InnoDB"
    )
    assert list(definitions(shown)) == ["id", "od`d, name"]
    assert definitions(shown)["od`d, name"].comment == "'a, b'"


def test_a_type_is_split_from_its_character_set() -> None:
    assert split_type("VARCHAR(5) CHARACTER SET latin1 COLLATE latin1_bin") == ColumnText(
        "VARCHAR(5)", charset="latin1", collate="latin1_bin"
    )


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("'a b'", True),
        ("1", True),
        ("-1.5", True),
        ("NULL", True),
        ("b'0'", True),
        ("(1 + 2)", True),
        ("CURRENT_TIMESTAMP", True),
        ("now(3)", True),
        ("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", True),
        ("1 + 2", False),
        ("(1) + (2)", False),
        ("uuid()", False),
        ("CURRENT_DATE", False),
    ],
)
def test_an_expression_needs_parentheses_and_a_literal_does_not(value: str, plain: bool) -> None:
    assert is_plain_default(value) is plain


def test_a_name_is_exchanged_outside_strings_only() -> None:
    assert renamed_in("(`a` > 0 and `b` <> '`a`')", "a", "c d") == "(`c d` > 0 and `b` <> '`a`')"
    assert renamed_in('("A" > "b")', "a", "c") == '("c" > "b")', "under ANSI_QUOTES"


def test_a_new_type_takes_along_what_still_fits() -> None:
    number = parse_definition("bigint(20) NOT NULL AUTO_INCREMENT")
    assert number.with_type_of(ColumnText("INTEGER"), "id").auto_increment
    assert not number.with_type_of(ColumnText("VARCHAR(10)"), "id").auto_increment
    word = parse_definition("varchar(5) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL")
    assert word.with_type_of(ColumnText("TEXT"), "w").collate == "latin1_bin"
    assert word.with_type_of(ColumnText("INTEGER"), "w").collate is None
    assert word.with_type_of(split_type("TEXT COLLATE utf8mb4_bin"), "w").charset is None


def test_what_mariadb_makes_of_json_goes_with_the_type() -> None:
    """It is a LONGTEXT with a collation and a CHECK of its own."""
    document = parse_definition(
        "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`d`))"
    )
    assert document.with_type_of(ColumnText("TEXT"), "d") == ColumnText("TEXT", nullable=True)
    assert document.with_type_of(ColumnText("TEXT"), "other").collate == "utf8mb4_bin"


@given(st.text(alphabet="ab'\\`\"(),; \n%"))
def test_any_text_in_a_comment_is_one_token(comment: str) -> None:
    literal = "'" + comment.replace("\\", "\\\\").replace("'", "''") + "'"
    assert tokenize(f"int NOT NULL COMMENT {literal} INVISIBLE") == [
        "int", "NOT", "NULL", "COMMENT", literal, "INVISIBLE",
    ]  # fmt: skip
