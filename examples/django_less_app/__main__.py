"""Boot: `python -m examples.django_less_app`. Upgrades its own database, then serves."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .database import database_url, make_migrator
from .service import queue


def main() -> None:
    engine = sa.create_engine(database_url())
    try:
        serve(engine)
    finally:
        engine.dispose()


def serve(engine: sa.Engine) -> None:
    report = make_migrator(engine).upgrade()
    for step in report.steps:
        print(f"applied {step.revision}  {step.message}")
    if not report:
        print("nothing was pending")
    with Session(engine) as session:
        print(f"help desk is up: {len(queue(session))} open tickets")


if __name__ == "__main__":
    main()
