"""The one engine, and the one line that brings the database up to date."""

from __future__ import annotations

import os

import sqlalchemy as sa

from embedmig import Migrator

from .models import Base

DEFAULT_URL = "sqlite:///helpdesk.db"


def database_url() -> str:
    """Where the database is: `DATABASE_URL`, else a file in the working directory."""
    return os.environ.get("DATABASE_URL", DEFAULT_URL)


def make_migrator(engine: sa.Engine) -> Migrator:
    """The migrator of this service; its history is found through the metadata."""
    from . import migrations  # noqa: F401  # binds the registry to the metadata

    return Migrator(engine, Base.metadata)
