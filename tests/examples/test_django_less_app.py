"""The help desk boots on every database, moves data without loss, and has a way back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from embedmig import Migrator
from examples.django_less_app import manage
from examples.django_less_app.database import make_migrator
from examples.django_less_app.models import Base, Customer
from examples.django_less_app.service import close_ticket, open_ticket, queue
from tests.databases import Database

ROOT = Path(__file__).parents[2]
REVISIONS = 7
BEFORE_SPLIT, AFTER_SPLIT = "4e81a2b7f053", "5b3c94e8d1a7"


def run(db: Database, directory: Path, module: str = "", *arguments: str) -> subprocess.Popen[str]:
    """A module of the application, in a directory that may hold a copy of it."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", f"examples.django_less_app{module}", *arguments],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(directory), str(ROOT)]),
            "DATABASE_URL": db.dsn,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err == ""
    return out.splitlines()


@pytest.fixture
def migrator(engine: sa.Engine) -> Migrator:
    return make_migrator(engine)


@pytest.fixture
def session(engine: sa.Engine, migrator: Migrator) -> Iterator[Session]:
    """A session on a database that has just booted."""
    migrator.upgrade()
    with Session(engine) as session:
        yield session


def test_the_first_boot_applies_everything_and_the_second_finds_nothing_pending(
    db: Database, tmp_path: Path
) -> None:
    first = output(run(db, tmp_path))
    assert [line.split()[0] for line in first[:-1]] == ["applied"] * REVISIONS
    assert first[-1] == "help desk is up: 0 open tickets"
    second = output(run(db, tmp_path))
    assert second == ["nothing was pending", "help desk is up: 0 open tickets"]


def test_replicas_that_boot_together_apply_every_revision_once(
    db: Database, tmp_path: Path
) -> None:
    processes = [run(db, tmp_path) for _ in range(4)]
    lines = [line for process in processes for line in output(process)]
    applied = [line for line in lines if line.startswith("applied")]
    assert len(applied) == len(set(applied)) == REVISIONS


def test_the_service_works_on_what_the_migrations_made(session: Session) -> None:
    ada = Customer(email="ada@example.org", given_name="Ada", family_name="Lovelace")
    late = open_ticket(session, ada, "Slow", "The engine is slow.")
    urgent = open_ticket(session, ada, "Stuck", "It stands still.", priority=1, tags=["bug"])
    session.commit()
    assert queue(session) == [urgent, late]
    assert [tag.name for tag in urgent.tags] == ["bug"]
    close_ticket(urgent)
    session.commit()
    assert queue(session) == [late]


def test_a_priority_out_of_range_is_refused_by_the_database(session: Session) -> None:
    ada = Customer(email="ada@example.org", given_name="Ada", family_name="Lovelace")
    open_ticket(session, ada, "Now!", "At once.", priority=9)
    with pytest.raises(sa.exc.DBAPIError):
        session.commit()


def names(engine: sa.Engine, *columns: str) -> Sequence[tuple[str, ...]]:
    listed = ", ".join(columns)
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT {listed} FROM customer ORDER BY id"))
        return [tuple(row) for row in rows]


def test_names_are_split_and_joined_again_without_loss(
    engine: sa.Engine, migrator: Migrator
) -> None:
    migrator.upgrade(BEFORE_SPLIT)
    whole = [("Ada Lovelace",), ("Grace Brewster Hopper",), ("Plato",), ("O'Neil 100% ok",)]
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO customer (email, name) VALUES (:email, :name)"),
            [{"email": f"{n}@example.org", "name": name} for n, (name,) in enumerate(whole)],
        )
    migrator.upgrade()
    assert names(engine, "given_name", "family_name") == [
        ("Ada", "Lovelace"),
        ("Grace", "Brewster Hopper"),
        ("", "Plato"),
        ("O'Neil", "100% ok"),
    ]
    migrator.downgrade(BEFORE_SPLIT)
    assert names(engine, "name") == whole


def test_the_whole_way_back_leaves_no_table_of_the_service(
    engine: sa.Engine, migrator: Migrator
) -> None:
    migrator.upgrade()
    migrator.downgrade("base")
    assert not set(sa.inspect(engine).get_table_names()) & set(Base.metadata.tables)
    assert len(migrator.upgrade().steps) == REVISIONS


def test_the_history_ends_in_the_schema_of_the_models(migrator: Migrator) -> None:
    migrator.upgrade()
    diff = migrator.diff()
    assert diff.operations == ()
    assert diff.uncompared == ()
    assert migrator.autogenerate("nothing") == ""


def test_a_changed_model_becomes_the_next_module_and_the_next_boot_applies_it(
    db: Database, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    application = tmp_path / "examples" / "django_less_app"
    output(run(db, tmp_path))
    models = application / "models.py"
    family_name = "    family_name: Mapped[str] = mapped_column(sa.String(100))\n"
    phone = "    phone: Mapped[str | None] = mapped_column(sa.String(40), index=True)\n"
    models.write_text(models.read_text().replace(family_name, family_name + phone))

    shown = output(run(db, tmp_path, ".manage", "makemigration", "add phone"))
    path = application / "migrations" / "m0008_add_phone.py"
    assert shown == [f"{path}:", "", *path.read_text().splitlines()]
    assert output(run(db, tmp_path))[0].endswith("add phone")
    assert output(run(db, tmp_path, ".manage", "makemigration", "again")) == ["nothing differs"]


def test_sql_is_printed_without_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    manage.main(["--database", "postgresql+psycopg://nobody@127.0.0.1:1/nothing", "sql"])
    script = capsys.readouterr().out
    assert "CREATE TABLE customer" in script
    assert "strpos" in script


def test_status_names_what_is_pending(
    sqlite_db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    make_migrator(sqlite_db.engine()).upgrade("6f02d8a45c1b")
    manage.main(["--database", sqlite_db.dsn, "status"])
    assert capsys.readouterr().out.splitlines() == [
        "current: 6f02d8a45c1b",
        "pending: 7d4be1903fa6 closing, and the queue",
    ]


def test_the_next_migration_gets_the_next_number(tmp_path: Path) -> None:
    assert manage.next_name("Add phone!", tmp_path) == "m0001_add_phone.py"
    (tmp_path / "m0041_x.py").touch()
    assert manage.next_name("Add phone!", tmp_path) == "m0042_add_phone.py"


def test_the_development_command_writes_what_the_models_lack(
    engine: sa.Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    migrator = make_migrator(engine)
    migrator.upgrade()
    assert manage.make_migration(migrator, "nothing", tmp_path) is None
    assert capsys.readouterr().out == "nothing differs\n"
    wanted = sa.MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(wanted)
    sa.Table("note", wanted, sa.Column("id", sa.Integer, primary_key=True))
    changed = Migrator(engine, wanted, migrator.registry)
    path = manage.make_migration(changed, "add notes", tmp_path)
    assert path is not None
    assert path.name == "m0001_add_notes.py"
    source = path.read_text(encoding="utf-8")
    assert source in capsys.readouterr().out
    assert "from examples.django_less_app.migrations import registry\n" in source
    assert 'op.create_table(\n        "note",' in source
    compile(source, str(path), "exec")
