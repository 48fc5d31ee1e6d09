import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("a1f07c3d5e21", down_revision=None, message="links")
def links(op: Operations) -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String(20), nullable=False),
        sa.Column("target", sa.String(2000), nullable=False),
        sa.Column(
            "created_at", sa.DateTime, nullable=False, server_default=sa.func.current_timestamp()
        ),
        sa.UniqueConstraint("slug", name="uq_link_slug"),
    )
