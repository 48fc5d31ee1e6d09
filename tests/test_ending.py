"""A body cannot end its transaction; everybody else can."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from embedmig.ending import Ending
from embedmig.errors import ConfigurationError

ENDS = [sa.Connection.commit, sa.Connection.rollback]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    with sa.create_engine("sqlite://").connect() as made:
        made.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        yield made


@pytest.mark.parametrize("end", ENDS)
def test_a_body_that_ends_its_transaction_is_refused(
    connection: sa.Connection, end: Callable[[sa.Connection], None]
) -> None:
    ending = Ending()
    ending.watch(connection)
    with pytest.raises(ConfigurationError, match="autocommit_block"), ending:
        end(connection)
    ending.clear_up(connection)
    connection.exec_driver_sql("SELECT 1")


def test_a_body_that_swallows_the_error_fails_at_its_end(connection: sa.Connection) -> None:
    ending = Ending()
    ending.watch(connection)
    with (
        pytest.raises(ConfigurationError),
        ending,
        contextlib.suppress(ConfigurationError),
    ):
        connection.commit()


@pytest.mark.parametrize("end", ENDS)
def test_outside_of_bodies_nothing_is_refused(
    connection: sa.Connection, end: Callable[[sa.Connection], None]
) -> None:
    ending = Ending()
    ending.watch(connection)
    with ending:
        pass
    end(connection)
    ending.leave(connection)
    with ending:
        end(connection)  # of a connection that is not watched any more


def test_what_a_body_raises_itself_comes_through() -> None:
    with pytest.raises(LookupError), Ending():
        raise LookupError
