"""Options that can be changed are; those that cannot are told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from embedmig.autogen.comparators.table_options import compare_table_options
from tests.autogen.contexts import context_of, metadata, table


def optioned(**options: Any) -> sa.MetaData:
    return metadata(table(**options))


def test_one_operation_has_all_that_changes_in_a_table() -> None:
    before = optioned(postgresql_tablespace="slow")
    after = optioned(postgresql_tablespace="fast", postgresql_inherits="u")
    (op,) = compare_table_options(context_of(before, after))
    assert op.options == {"postgresql_tablespace": "fast", "postgresql_inherits": ("u",)}
    assert op.existing == {"postgresql_tablespace": "slow", "postgresql_inherits": None}


def test_what_no_alter_table_can_change_is_listed() -> None:
    context = context_of(optioned(), optioned(postgresql_partition_by="RANGE (id)"))
    context.uncompared.clear()
    assert list(compare_table_options(context)) == []
    assert [str(each) for each in context.uncompared] == [
        "table t: postgresql_partition_by differs, and no ALTER TABLE can change it"
    ]


def test_what_the_metadata_does_not_say_is_the_mysql_servers() -> None:
    before = optioned(mysql_engine="MyISAM", mysql_row_format="FIXED")
    assert list(compare_table_options(context_of(before, optioned(), "mysql"))) == []
    (op,) = compare_table_options(context_of(before, optioned(mysql_engine="InnoDB"), "mysql"))
    assert (op.options, op.existing) == ({"mysql_engine": "InnoDB"}, {"mysql_engine": "MyISAM"})
