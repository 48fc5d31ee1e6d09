"""The link shortener upgrades at boot under several workers: once, and before it serves."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from examples.flask_app import create_app
from tests.databases import Database, wait_until

ROOT = Path(__file__).parents[2]
REVISIONS = ["a1f07c3d5e21", "b2d98e4f6a30", "c3e6a1b80d4f"]


def test_links_are_shortened_followed_and_counted(db: Database) -> None:
    app = create_app(db.dsn)
    client = app.test_client()
    slug = client.post("/links", json={"target": "https://example.org/x"}).get_json()["slug"]
    assert client.get(f"/{slug}").headers["Location"] == "https://example.org/x"
    assert client.get(f"/{slug}/clicks").get_json() == {"clicks": 1}
    assert client.get("/no-such-link").status_code == 404
    assert client.post("/links", json={"target": "javascript:1"}).status_code == 400
    assert client.get("/healthz").get_json()["ok"] is True
    app.extensions["engine"].dispose()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def request(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Content-Type": "application/json", "Connection": "close"}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(text) if is_json else text
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


@contextmanager
def gunicorn(db: Database, log: Path, *, workers: int) -> Iterator[int]:
    """The app as it is deployed; each worker boots it by itself."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", str(workers)]
    command += [
        "--no-control-socket",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-tmp-dir",
        str(log.parent),
    ]
    with log.open("w") as stream:
        server = subprocess.Popen(
            [*command, "examples.flask_app:create_app()"],
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": db.dsn},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: server.poll() is not None or answers(port), seconds=30, what="boot")
        assert server.poll() is None, log.read_text()
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


@pytest.mark.slow
def test_workers_that_boot_together_apply_every_revision_once(db: Database, tmp_path: Path) -> None:
    log = tmp_path / "gunicorn.log"
    with gunicorn(db, log, workers=4) as port:
        status, link = request(port, "POST", "/links", {"target": "https://example.org"})
        assert status == 201
        for _ in range(8):
            assert request(port, "GET", f"/{link['slug']}")[0] == 302
        assert request(port, "GET", f"/{link['slug']}/clicks") == (200, {"clicks": 8})
        wait_until(lambda: log.read_text().count("Booting worker") == 4, what="four workers")
    text = log.read_text()
    assert "Traceback" not in text, text
    assert [text.count(f"applied {revision}") for revision in REVISIONS] == [1, 1, 1], text


def test_the_development_command_writes_what_the_models_lack(db: Database, tmp_path: Path) -> None:
    app = create_app(db.dsn)
    runner = app.test_cli_runner()
    nothing = runner.invoke(args=["makemigration", "nothing", "--directory", str(tmp_path)])
    assert nothing.output == "nothing differs\n"
    with app.extensions["engine"].begin() as connection:
        connection.exec_driver_sql("DROP TABLE click")
    result = runner.invoke(args=["makemigration", "Clicks again!", "--directory", str(tmp_path)])
    assert result.exit_code == 0, result.output
    [path] = tmp_path.glob("m*_clicks_again.py")
    source = path.read_text(encoding="utf-8")
    assert source in result.output
    assert "from examples.flask_app.migrations import registry\n" in source
    assert 'op.create_table(\n        "click",' in source
    compile(source, str(path), "exec")
    app.extensions["engine"].dispose()
