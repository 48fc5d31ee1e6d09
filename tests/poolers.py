"""A private PgBouncer in transaction mode before the PostgreSQL server of the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests.databases import NOBODY, NoDatabase

# https://www.pgbouncer.org/config.html
SETTINGS = """\
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
server_lifetime = 60
ignore_startup_parameters = extra_float_digits,options
"""


@contextmanager
def transaction_pooler(server: sa.URL) -> Iterator[int]:
    """Run one for the length of the block; yields its port. Raises NoDatabase without PgBouncer."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise NoDatabase("no pgbouncer is installed (Debian's package of that name)")
    home = Path(tempfile.mkdtemp(prefix="empb"))
    own_port = _free_port()
    host = server.query.get("host", server.host) or "127.0.0.1"
    settings = home / "pgbouncer.ini"
    settings.write_text(
        SETTINGS.format(
            host=host, port=server.port or 5432, user=server.username, own_port=own_port
        )
    )
    demote = {}
    if os.getuid() == 0:  # it refuses to run as root
        home.chmod(0o755)
        demote = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    process = subprocess.Popen(
        [program, "-q", str(settings)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **demote,
    )
    try:
        _wait_for(own_port, process)
        yield own_port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            raise NoDatabase(f"pgbouncer ended with code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise NoDatabase("pgbouncer does not answer")
