"""A column's new name in an expression."""

from __future__ import annotations

import pytest

from embedmig.autogen.renames import renamed_in


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mail > 1", "email > 1"),
        ("lower(mail)", "lower(email)"),
        ("mail('x')", "mail('x')"),
        ("mailbox = 'mail' OR mail IS NULL", "mailbox = 'mail' OR email IS NULL"),
        ("'it''s mail' <> mail", "'it''s mail' <> email"),
        ('"mail" = 1', '"email" = 1'),
    ],
)
def test_names_change_and_strings_and_calls_do_not(before: str, after: str) -> None:
    assert renamed_in(before, "mail", "email") == after
