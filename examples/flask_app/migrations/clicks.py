import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("b2d98e4f6a30", down_revision="a1f07c3d5e21", message="clicks on a link")
def clicks(op: Operations) -> None:
    op.create_table(
        "click",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("link_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False, server_default=sa.func.current_timestamp()),
        sa.ForeignKeyConstraint(
            ["link_id"], ["link.id"], name="fk_click_link_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_click_link_id", "click", ["link_id"])


@registry.revision("c3e6a1b80d4f", down_revision="b2d98e4f6a30", message="where a click came from")
def referrer(op: Operations) -> None:
    op.add_column("click", sa.Column("referrer", sa.String(2000)))
