"""One name becomes two. The old column stays until the next revision, so that a replica that
still runs the release before this one finds what it reads."""

import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("5b3c94e8d1a7", down_revision="4e81a2b7f053", message="given and family name")
def split_names(op: Operations) -> None:
    op.add_column("customer", sa.Column("given_name", sa.String(100)))
    op.add_column("customer", sa.Column("family_name", sa.String(100)))

    customer = op.table("customer")  # as it is at this revision, not as the models are today
    name, find = customer.c.name, sa.func.strpos if _is_postgresql(op) else sa.func.instr
    space = find(name, " ")
    op.execute(
        customer.update()
        .where(space > 0)
        .values(
            given_name=sa.func.substr(name, 1, space - 1),
            family_name=sa.func.substr(name, space + 1),
        )
    )
    op.execute(customer.update().where(space == 0).values(given_name="", family_name=name))


@split_names.downgrade
def join_names(op: Operations) -> None:
    customer = op.table("customer")
    joined = customer.c.given_name + " " + customer.c.family_name
    op.execute(customer.update().where(customer.c.given_name != "").values(name=joined))
    op.drop_column("customer", "family_name")
    op.drop_column("customer", "given_name")


def _is_postgresql(op: Operations) -> bool:
    return op.dialect_name == "postgresql"
