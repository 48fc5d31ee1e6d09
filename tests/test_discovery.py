"""A history is found wherever Python finds the application: a wheel, a zipapp, any directory."""

from __future__ import annotations

import subprocess
import sys
import zipapp
import zipfile
from pathlib import Path

import pytest

APP = {
    "shopapp/__init__.py": "",
    "shopapp/models.py": (
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
        "sa.Table('item', metadata, sa.Column('id', sa.Integer, primary_key=True))\n"
    ),
    "shopapp/migrations/__init__.py": (
        "from embedmig import Registry\nfrom shopapp.models import metadata\n"
        "registry = Registry(__name__, metadata=metadata)\n"
    ),
    "shopapp/migrations/m0001.py": (
        "import sqlalchemy as sa\nfrom . import registry\n"
        "@registry.revision('a1', down_revision=None)\n"
        "def upgrade(op):\n"
        "    op.create_table('item', sa.Column('id', sa.Integer, primary_key=True))\n"
    ),
    "shopapp/migrations/more/__init__.py": "",
    "shopapp/migrations/more/m0002.py": (
        "import sqlalchemy as sa\nfrom .. import registry\n"
        "@registry.revision('b1', down_revision='a1')\n"
        "def upgrade(op):\n"
        "    op.add_column('item', sa.Column('name', sa.String(20)))\n"
    ),
    "shopapp/boot.py": '''\
"""Boots; nothing but the database may be opened for writing, or made, moved or removed."""
import os
import sys

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink",
           "os.truncate", "tempfile.mkstemp", "tempfile.mkdtemp", "shutil.copyfile"}


def forbid_writing(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and path != os.devnull:
            raise PermissionError(f"read-only: {path}")
    elif event in CHANGES:
        raise PermissionError(f"read-only: {event} {arguments}")


def main():
    sys.dont_write_bytecode = True
    sys.addaudithook(forbid_writing)
    import sqlalchemy as sa
    from embedmig import Migrator
    import shopapp.migrations
    from shopapp.models import metadata

    engine = sa.create_engine(f"sqlite:///{sys.argv[1]}")
    migrator = Migrator(engine, metadata)
    report = migrator.upgrade()
    print(*(step.revision for step in report.steps), "|", *migrator.current(),
          "|", *(r.id for r in migrator.pending()), "|", bool(migrator.render_sql()))
''',
}


def write_app(where: Path) -> Path:
    for name, text in APP.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return where


def boot(*command: object, cwd: Path, path: Path | None = None) -> str:
    """Run it from another directory; returns all that it printed."""
    import embedmig

    library = Path(str(embedmig.__file__)).parent.parent
    search = f"{path}:{library}" if path else str(library)
    result = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={"PYTHONPATH": search, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return (result.stderr + result.stdout).strip()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory that has nothing to do with the application."""
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    return directory


EXPECTED = "a1 b1 | b1 | | True"
RUN = "from shopapp.boot import main; main()"


def test_from_a_directory(tmp_path: Path, elsewhere: Path) -> None:
    """With another working directory and a file system that may only be read."""
    app = write_app(tmp_path / "app")
    assert boot("-c", RUN, tmp_path / "x.db", cwd=elsewhere, path=app) == EXPECTED


def test_from_a_zipapp(tmp_path: Path, elsewhere: Path) -> None:
    """The same from one file."""
    app = write_app(tmp_path / "app")
    archive = tmp_path / "shop.pyz"
    zipapp.create_archive(app, archive, main="shopapp.boot:main")
    assert boot(archive, tmp_path / "x.db", cwd=elsewhere) == EXPECTED


def test_from_an_installed_wheel(tmp_path: Path, elsewhere: Path) -> None:
    """Installing a wheel unpacks it; on the path itself it works as well."""
    wheel, site = tmp_path / "shopapp-1-py3-none-any.whl", tmp_path / "site"
    info = {
        "shopapp-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: shopapp\nVersion: 1\n",
        "shopapp-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
    }
    files = {**APP, **info}
    record = "".join(f"{name},,\n" for name in files) + "shopapp-1.dist-info/RECORD,,\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "shopapp-1.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    assert boot("-c", RUN, tmp_path / "x.db", cwd=elsewhere, path=site) == EXPECTED
    assert boot("-c", RUN, tmp_path / "y.db", cwd=elsewhere, path=wheel) == EXPECTED


def test_writing_elsewhere_would_be_noticed(tmp_path: Path, elsewhere: Path) -> None:
    """The guard itself works."""
    app = write_app(tmp_path / "app")
    source = app / "shopapp/migrations/m0001.py"
    source.write_text(source.read_text() + "\nopen('note', 'w')\n")
    assert "read-only: note" in boot("-c", RUN, tmp_path / "x.db", cwd=elsewhere, path=app)
