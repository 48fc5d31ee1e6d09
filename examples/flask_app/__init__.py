"""A link shortener: a Flask application that upgrades its database in `create_app`.

Under several workers, each upgrades when it boots: one does the work, the others wait for it and
find nothing pending. `gunicorn -w 4 'examples.flask_app:create_app()'` is all there is to deploy.
"""

from __future__ import annotations

import os
import re
import secrets
from typing import Any

import sqlalchemy as sa
from flask import Flask, abort, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, sessionmaker

from embedmig import Migrator

from .commands import make_migration
from .models import Base, Click, Link


def create_app(database_url: str | None = None) -> Flask:
    """The application, with its database at the heads of its own history."""
    from . import migrations  # noqa: F401  # binds the registry to the metadata

    url = database_url or os.environ.get("DATABASE_URL", "sqlite:///links.db")
    engine = sa.create_engine(url)
    app = Flask(__name__)
    report = Migrator(engine, Base.metadata).upgrade()
    for step in report.steps:
        app.logger.warning("worker %s applied %s %s", os.getpid(), step.revision, step.message)
    app.extensions["engine"] = engine
    app.extensions["session"] = sessionmaker(engine)
    app.cli.add_command(make_migration)
    _add_routes(app)
    return app


def _add_routes(app: Flask) -> None:
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/links", view_func=shorten, methods=["POST"])
    app.add_url_rule("/<slug>", view_func=follow)
    app.add_url_rule("/<slug>/clicks", view_func=clicks)


def healthz() -> ResponseReturnValue:
    """Ready exactly when the database has what this code needs; writes nothing."""
    Migrator(current_app.extensions["engine"], Base.metadata).verify()
    return jsonify(ok=True, worker=os.getpid())


def shorten() -> ResponseReturnValue:
    """Store a link and answer its short name."""
    target = (request.get_json(silent=True) or {}).get("target", "")
    if not re.match(r"https?://", target):
        return jsonify(error="target must be an http(s) address"), 400
    link = Link(slug=secrets.token_urlsafe(6), target=target)
    with _session() as session, session.begin():
        session.add(link)
        slug = link.slug
    return jsonify(slug=slug), 201


def follow(slug: str) -> Any:
    """Redirect, and count the click."""
    with _session() as session, session.begin():
        link = session.scalar(sa.select(Link).where(Link.slug == slug)) or abort(404)
        session.add(Click(link_id=link.id, referrer=request.referrer))
        target = link.target
    return redirect(target)


def clicks(slug: str) -> ResponseReturnValue:
    """How often a link was followed."""
    with _session() as session:
        link = session.scalar(sa.select(Link).where(Link.slug == slug)) or abort(404)
        counted = sa.select(sa.func.count()).select_from(Click).where(Click.link_id == link.id)
        return jsonify(clicks=session.scalar(counted))


def _session() -> Session:
    session: Session = current_app.extensions["session"]()
    return session
