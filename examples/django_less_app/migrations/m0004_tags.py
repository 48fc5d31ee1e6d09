import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision(
    "4e81a2b7f053", down_revision="3a5f7d60c2e9", message="tags, with the usual ones"
)
def tags(op: Operations) -> None:
    tag = op.create_table(
        "tag",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("name", name="uq_tag_name"),
    )
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", sa.Integer, nullable=False),
        sa.Column("tag_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "tag_id", name="pk_ticket_tag"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name="fk_ticket_tag_ticket_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name="fk_ticket_tag_tag_id", ondelete="CASCADE"
        ),
    )
    op.bulk_insert(tag, [{"name": "bug"}, {"name": "question"}, {"name": "billing"}])


@tags.downgrade
def no_tags(op: Operations) -> None:
    op.drop_table("ticket_tag")
    op.drop_table("tag")
