"""The whole matrix: `nox -l` lists it. Interpreters that are not installed fail, as CI needs."""

from __future__ import annotations

import os

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|venv"
nox.options.sessions = ["lint", "typing", "tests"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
SQLALCHEMYS = ["==2.0.45", ">=2.0.45,<2.1", ">=2.1,<2.2"]
PROJECT = nox.project.load_toml("pyproject.toml")


def group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session(python=PYTHONS)
@nox.parametrize("sqlalchemy", SQLALCHEMYS, ids=["oldest", "2.0", "2.1"])
def tests(session: nox.Session, sqlalchemy: str) -> None:
    """The suite; arguments after `--` go to pytest."""
    session.install("-e", ".", *group("test"), f"sqlalchemy{sqlalchemy}")
    session.run("python", "-m", "pytest", *(session.posargs or ["-n", "2"]))


@nox.session(python=PYTHONS[-1])
@nox.parametrize("sqlalchemy", [SQLALCHEMYS[0], SQLALCHEMYS[-1]], ids=["oldest", "2.1"])
def typing(session: nox.Session, sqlalchemy: str) -> None:
    """mypy --strict against both lines of SQLAlchemy."""
    session.install("-e", ".", *group("typing"), f"sqlalchemy{sqlalchemy}")
    session.run("mypy")


@nox.session(python=PYTHONS[-1])
def lint(session: nox.Session) -> None:
    """ruff, check and format."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=PYTHONS[-1])
def wheel(session: nox.Session) -> None:
    """The built wheel, tested from a directory that holds no source of ours."""
    elsewhere = session.create_tmp()
    session.install("build", *group("test"))
    session.run("python", "-m", "build", "--outdir", f"{elsewhere}/dist")
    names = os.listdir(f"{elsewhere}/dist")
    session.install(*(f"{elsewhere}/dist/{name}" for name in names if name.endswith(".whl")))
    for name in ("tests", "examples", "docs", "README.md", "pyproject.toml"):
        session.run("cp", "-r", name, elsewhere, external=True)
    session.chdir(elsewhere)
    session.run("python", "-m", "pytest", "-n", "2", "--on", "sqlite")


@nox.session(python="3.13")
def docs(session: nox.Session) -> None:
    """The documentation as HTML; a warning is an error."""
    session.install("-e", ".", *group("docs"))
    session.run("sphinx-build", "-n", "-W", "docs", "docs/_build")
