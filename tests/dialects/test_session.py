"""Sessions: how a database is held; the same questions on every database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from embedmig.dialects import dialect_for
from embedmig.dialects.session import LockKey, Session, Turn, connect, error_code
from embedmig.errors import DatabaseUnreachable, UnsupportedOperation
from tests.databases import Database

KEY = LockKey("public\0embedmig_version")


def turn(key: LockKey = KEY, question: str | None = None) -> Turn:
    return Turn(key, "test", 1.0, question)


class Pair:
    """Two connections of one database, opened as a migrator opens them."""

    def __init__(self, db: Database) -> None:
        self.engine = db.engine()
        self.session = dialect_for(self.engine.dialect).session
        self.one, self.two = (self.session.open(self.engine) for _ in range(2))

    def begin(self, connection: sa.Connection, key: LockKey = KEY) -> bool:
        return self.session.begin(connection, turn(key)) is not None


@pytest.fixture
def pair(db: Database) -> Iterator[Pair]:
    made = Pair(db)
    yield made
    for connection in (made.one, made.two):
        made.session.rollback(connection)
        made.session.close(connection)


# -- the key ---------------------------------------------------------------------------------


def test_a_key_is_the_same_for_every_release() -> None:
    """A number and a name that must never change: two releases may run side by side."""
    assert KEY.number == 0x656D6967_00000000 | int.from_bytes(KEY.digest[:4], "big")
    assert 0 < KEY.number < 2**63
    assert KEY.name == "embedmig:" + KEY.digest.hex()[:40]
    assert len(KEY.name) <= 64
    assert LockKey("a").number != LockKey("b").number


# -- transactions that lock ------------------------------------------------------------------


@pytest.mark.only_on("sqlite", "postgresql")
def test_a_transaction_holds_the_lock_until_it_ends(pair: Pair) -> None:
    session = pair.session
    assert pair.begin(pair.one)
    assert not pair.begin(pair.two)
    session.commit(pair.one)
    assert pair.begin(pair.two)
    session.rollback(pair.two)
    assert pair.begin(pair.one)


@pytest.mark.only_on("sqlite", "postgresql")
def test_ddl_goes_with_the_transaction(pair: Pair) -> None:
    pair.begin(pair.one)
    pair.one.execute(sa.text("CREATE TABLE t (id INTEGER)"))
    pair.session.rollback(pair.one)
    assert not sa.inspect(pair.engine).has_table("t")
    assert pair.session.transactional_ddl


@pytest.mark.only_on("postgresql")
def test_a_commit_may_begin_the_next_transaction(pair: Pair) -> None:
    """The lock belongs to the transaction, and the next takes it anew."""
    pair.begin(pair.one)
    pair.session.commit(pair.one, then=turn())
    assert not pair.begin(pair.two)
    assert pair.begin(pair.one)
    pair.session.rollback(pair.one)
    assert pair.begin(pair.two)


@pytest.mark.only_on("postgresql")
def test_a_commit_that_finds_the_lock_taken_leaves_no_transaction(pair: Pair) -> None:
    another = LockKey("another")
    assert pair.begin(pair.two, another)
    pair.begin(pair.one)
    pair.session.commit(pair.one, then=turn(another))
    assert not pair.begin(pair.one, another)
    pair.session.commit(pair.two)
    assert pair.begin(pair.one, another)


@pytest.mark.only_on("postgresql")
def test_another_turn_than_was_announced_is_begun_as_well(pair: Pair) -> None:
    pair.begin(pair.one)
    pair.session.commit(pair.one, then=turn())
    assert pair.session.begin(pair.one, Turn(KEY, "other", 7.0)) is not None
    shown = (
        pair.one.exec_driver_sql("SHOW lock_timeout").scalar(),
        pair.one.exec_driver_sql("SHOW application_name").scalar(),
    )
    assert shown == ("7s", "other")


def test_a_question_is_answered_with_the_lock_at_hand(pair: Pair) -> None:
    answer = pair.session.begin(pair.one, turn(question="SELECT 42"))
    assert answer is not None
    assert answer.scalar() == 42
    pair.session.commit(pair.one, then=turn(question="SELECT 43"))
    answer = pair.session.begin(pair.one, turn(question="SELECT 43"))
    assert answer is not None
    assert answer.scalar() == 43


# -- locks of a session ----------------------------------------------------------------------


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_session_holds_the_lock_until_it_gives_it_back(pair: Pair) -> None:
    session = pair.session
    assert not session.holds(pair.one, KEY)
    assert session.lock(pair.one, KEY)
    assert session.holds(pair.one, KEY)
    assert not session.lock(pair.two, KEY)
    assert not session.holds(pair.two, KEY)
    assert session.lock(pair.two, LockKey("another"))
    session.unlock(pair.one, KEY)
    assert not session.holds(pair.one, KEY)
    assert session.lock(pair.two, KEY)


@pytest.mark.only_on("postgresql", "mariadb")
def test_the_holder_can_be_named(pair: Pair) -> None:
    assert pair.session.holder(pair.two, KEY) is None
    pair.session.lock(pair.one, KEY)
    assert str(pair.session.holder(pair.two, KEY))
    own = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
    number = pair.one.exec_driver_sql(own[pair.engine.dialect.name]).scalar()
    assert str(number) in str(pair.session.holder(pair.two, KEY))


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_lock_goes_with_its_connection(pair: Pair) -> None:
    pair.session.lock(pair.one, KEY)
    pair.session.close(pair.one)
    for _ in range(200):
        if pair.session.lock(pair.two, KEY):
            break
    assert pair.session.holds(pair.two, KEY)


def test_whatever_is_dead_may_be_rolled_back_unlocked_and_closed(pair: Pair) -> None:
    """The end of a run must not hide how it ended."""
    pair.one.invalidate()
    for _ in range(2):
        pair.session.rollback(pair.one)
        pair.session.unlock(pair.one, KEY)
        pair.session.switch_on_foreign_keys(pair.one)
        pair.session.close(pair.one)


def test_only_a_static_pool_shares_its_connection(db: Database) -> None:
    session = dialect_for(db.engine().dialect).session
    assert not session.shares_connection(db.engine())
    assert session.shares_connection(sa.create_engine("sqlite://", poolclass=StaticPool))


def test_a_direct_engine_is_not_taken_for_a_pooler(db: Database) -> None:
    engine = db.engine()
    engine.connect().close()
    assert not dialect_for(engine.dialect).session.is_pooled(engine)


# -- failures --------------------------------------------------------------------------------


class DriverError(Exception):
    """A driver's error with attributes to be set."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args)
        vars(self).update(attributes)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DriverError("words", sqlstate="42P01"), "42P01"),
        (DriverError("words", pgcode="42P01"), "42P01"),
        (DriverError(1205, "words", sqlstate="HY000"), 1205),
        (DriverError(1205, "words"), 1205),
        (DriverError("words"), None),
        (DriverError(), None),
    ],
)
def test_the_code_of_an_error(error: Exception, code: object) -> None:
    assert error_code(error) == code
    assert error_code(sa.exc.DBAPIError("x", None, error)) == code


def test_the_code_behind_an_adapter() -> None:
    """asyncpg's error is the cause of SQLAlchemy's."""
    error = DriverError("words")
    error.__cause__ = DriverError("words", sqlstate="57014")
    assert error_code(error) == "57014"


def test_a_real_duplicate_is_known(db: Database) -> None:
    engine = db.engine()
    session = dialect_for(engine.dialect).session
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
    assert session.is_already_there(caught.value)
    assert not session.is_queue_timeout(caught.value)
    assert not session.is_not_ready(caught.value)


def test_a_refused_connection_is_unreachable() -> None:
    with pytest.raises(DatabaseUnreachable, match="refused") as caught:
        connect(sa.create_engine("postgresql+psycopg://u:secret@127.0.0.1:1/d"))
    assert "secret" not in str(caught.value)
    assert caught.value.url == "postgresql+psycopg://u:***@127.0.0.1:1/d"


def test_a_database_without_a_lock_says_so() -> None:
    connection: Any = sa.create_engine("sqlite://").connect()
    with connection, pytest.raises(UnsupportedOperation, match="no lock"):
        Session().lock(connection, KEY)


# -- values of ours --------------------------------------------------------------------------


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize("odd", [False, True], ids=["as usual", "backslashes the other way"])
def test_a_value_that_stands_in_a_statement_reads_as_what_it_is(pair: Pair, *, odd: bool) -> None:
    modes = {
        "postgresql": ("SET standard_conforming_strings = on", "off"),
        "mariadb": ("SET sql_mode = ''", "'NO_BACKSLASH_ESCAPES'"),
    }
    usual, other = modes[pair.engine.dialect.name.replace("mysql", "mariadb")]
    setting = f"{usual.partition('=')[0]}= {other}" if odd else usual
    connection, session = pair.one, pair.session
    session.raw(connection, setting)
    for text in ("", "plain", "it's", 'a"b', "back\\slash", "\\'", "100%", "%(x)s", "ü\n\t☃", ":a"):
        assert session.raw(connection, f"SELECT {session.literal(text)}").scalar() == text
    assert session.raw(connection, f"SELECT {session.literal(None)}").scalar() is None
    assert session.raw(connection, f"SELECT {session.literal(7)}").scalar() == 7
    assert float(session.raw(connection, f"SELECT {session.literal(1.5e-7)}").scalar()) == 1.5e-7
    moment = datetime(2026, 1, 2, 3, 4, 5, 678000)  # as the history keeps it
    kind = "TIMESTAMP" if "postgresql" in pair.engine.dialect.name else "DATETIME(6)"
    asked = f"SELECT CAST({session.literal(moment)} AS {kind})"
    assert session.raw(connection, asked).scalar() == moment
