"""Private database servers whose data lies in memory, so that no benchmark measures a disk."""

from __future__ import annotations

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


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a fresh PostgreSQL server."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    with ram_directory() as home:
        account, port = _account("postgres"), free_port()
        data = home / "data"
        data.mkdir()
        shutil.chown(data, account)
        _run(account, binaries / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={data}"
        control = (binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log")
        _run(account, *control, "-o", options, "start")
        try:
            yield f"postgresql+psycopg://bench@127.0.0.1:{port}/postgres"
        finally:
            _run(account, *control, "-m", "immediate", "stop")


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a fresh MariaDB server."""
    with ram_directory() as home:
        account, port = _account("mysql"), free_port()
        shutil.chown(home, account)
        _run(
            account,
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={home}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        server = subprocess.Popen(
            [
                shutil.which("mariadbd") or "/usr/sbin/mariadbd",
                "--no-defaults",
                f"--datadir={home}/data",
                f"--port={port}",
                f"--socket={home}/socket",
                "--bind-address=127.0.0.1",
                f"--pid-file={home}/pid",
            ],
            user=account,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"mysql+pymysql://root@127.0.0.1:{port}"
        try:
            _await(url)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _account(name: str) -> str | None:
    """Servers refuse to run as root; as anybody else they run as that one."""
    import os

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
    engine = sa.create_engine(url)
    for _ in range(100):
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            time.sleep(0.1)
    raise TimeoutError(url)
