"""Commands for whoever develops the service: `python -m examples.django_less_app.manage --help`.

None of them is needed in production: the service upgrades itself when it boots.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from embedmig import Migrator

from .database import database_url, make_migrator

MIGRATIONS = Path(__file__).parent / "migrations"


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    engine = sa.create_engine(options.database)
    try:
        run(make_migrator(engine), options)
    finally:
        engine.dispose()


def run(migrator: Migrator, options: argparse.Namespace) -> None:
    match options.command:
        case "makemigration":
            make_migration(migrator, options.message, options.directory)
        case "status":
            show_status(migrator)
        case "sql":
            print(migrator.render_sql(options.target))


def make_migration(migrator: Migrator, message: str, directory: Path) -> Path | None:
    """Write what differs between the models and the database as the next module, and show it."""
    source = migrator.autogenerate(message)
    if not source:
        print("nothing differs")
        return None
    path = directory / next_name(message, directory)
    path.write_text(source, encoding="utf-8")
    print(f"{path}:\n\n{source}", end="")
    return path


def next_name(message: str, directory: Path) -> str:
    """`m0008_add_phone.py`: the number after the last module's, and the message."""
    numbers = (re.match(r"m(\d+)_", path.name) for path in directory.glob("m*_*.py"))
    last = max((int(number[1]) for number in numbers if number), default=0)
    words = re.sub(r"\W+", "_", message.lower()).strip("_")
    return f"m{last + 1:04}_{words}.py"


def show_status(migrator: Migrator) -> None:
    print("current:", ", ".join(migrator.current()) or "base")
    for revision in migrator.pending():
        print("pending:", revision.id, revision.message or "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage")
    parser.add_argument("--database", default=database_url(), metavar="URL")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("makemigration", help="write the next migration from the models")
    make.add_argument("message")
    make.add_argument("--directory", type=Path, default=MIGRATIONS)
    commands.add_parser("status", help="show what the database has and what is pending")
    sql = commands.add_parser("sql", help="print the SQL of an upgrade, without a database")
    sql.add_argument("target", nargs="?", default="head")
    return parser


if __name__ == "__main__":
    main()
