"""For whoever develops it: `flask --app examples.flask_app makemigration "add tags"`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from embedmig import Migrator

from .models import Base

MIGRATIONS = Path(__file__).parent / "migrations"


@click.command("makemigration")
@click.argument("message")
@click.option("--directory", type=click.Path(path_type=Path), default=MIGRATIONS)
@with_appcontext
def make_migration(message: str, directory: Path) -> None:
    """Write what differs between the models and the database as a new module, and show it."""
    source = Migrator(current_app.extensions["engine"], Base.metadata).autogenerate(message)
    if not source:
        click.echo("nothing differs")
        return
    words = "_".join("".join(c if c.isalnum() else " " for c in message.lower()).split())
    path = directory / f"m{datetime.now(UTC):%Y%m%d}_{words}.py"
    path.write_text(source, encoding="utf-8")
    click.echo(f"{path}:\n\n{source}")
