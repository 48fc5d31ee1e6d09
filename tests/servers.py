"""Private servers, their data in memory: no benchmark measures a disk, any test may stop them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

RAM = Path("/dev/shm")


@contextmanager
def ram_directory() -> Iterator[Path]:
    """A directory in memory, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="embedmig-", dir=RAM if RAM.is_dir() else None))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server of our own, that may be stopped in every way and started again."""

    url: str

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop it at once, without a word to its clients."""
        raise NotImplementedError


class PostgreSQL(Server):
    """PostgreSQL from the Debian package."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.account, self.data = _account("postgres"), home / "data"
        self.url = f"postgresql+psycopg://bench@127.0.0.1:{self.port}/postgres"
        self.data.mkdir()
        if self.account is not None:
            shutil.chown(self.data, self.account)
        initdb = (self.binaries / "initdb", "-D", self.data, "-U", "bench", "-A", "trust")
        _run(self.account, *initdb, "-E", "UTF8")

    def start(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories={self.data}"
        )
        self._control("-o", options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def _control(self, *words: object) -> None:
        control = (self.binaries / "pg_ctl", "-D", self.data, "-w", "-l", self.data / "log")
        _run(self.account, *control, *words)


class MariaDB(Server):
    """MariaDB from the Debian package."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.account = _account("mysql")
        self.url = f"mysql+pymysql://root@127.0.0.1:{self.port}"
        if self.account is not None:
            shutil.chown(home, self.account)
        _run(
            self.account,
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={home}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                shutil.which("mariadbd") or "/usr/sbin/mariadbd",
                "--no-defaults",
                f"--datadir={self.home}/data",
                f"--port={self.port}",
                f"--socket={self.home}/socket",
                "--bind-address=127.0.0.1",
                f"--pid-file={self.home}/pid",
            ],
            user=self.account,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _await(self.url)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(30)


@contextmanager
def running(kind: type[Server]) -> Iterator[Server]:
    """A fresh server of this kind, started."""
    with ram_directory() as home:
        server = kind(home)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _account(name: str) -> str | None:
    """Servers refuse to run as root; as anybody else they run as that one."""
    return pwd.getpwnam(name).pw_name if os.getuid() == 0 else None


def _run(account: str | None, *command: object) -> None:
    subprocess.run(
        [str(part) for part in command],
        user=account,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )


def _await(url: str) -> None:
    engine = sa.create_engine(url, poolclass=NullPool)
    for _ in range(200):
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            time.sleep(0.1)
    raise TimeoutError(url)
