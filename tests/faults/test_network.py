"""The network cuts, resets and delays; afterwards one more boot ends as an undisturbed run."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa

from embedmig.errors import EmbedmigError
from tests.databases import Database
from tests.faults.harness import boot, boot_again, undisturbed
from tests.faults.proxy import Fault, proxied
from tests.faults.table import survived

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.only_on("postgresql", "mariadb")]


#: Every so many messages; with --long every one.
STRIDE = 3


@pytest.mark.parametrize("fault", ["cut before", "cut after", "reset"])
def test_the_connection_breaks_at_any_message(
    db: Database, fault: Fault, pytestconfig: pytest.Config
) -> None:
    """From the first message of the client to the last."""
    stride = 1 if pytestconfig.getoption("--long") else STRIDE
    engine = db.engine()
    wanted = undisturbed(db)
    assert db.url.port is not None
    with proxied(db.url.port) as proxy:
        url = db.url.set(port=proxy.own_port, host="127.0.0.1")
        if db.name == "postgresql":  # one connection, one stream of messages
            url = url.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
        dsn = url.render_as_string(hide_password=False)
        number, struck, times = 1, True, 0
        while struck:
            proxy.set(fault, number)
            with suppress(EmbedmigError, sa.exc.DBAPIError, OSError):
                boot(dsn)
            struck = proxy.struck
            times += struck

            boot_again(db, engine, wanted, f"{fault} at message {number}")
            number += stride

    assert times > 30 / stride
    survived(f"network: {fault}", db.name, times)


def test_a_slow_network_changes_nothing(db: Database) -> None:
    """Every message is late; nothing fails."""
    engine = db.engine()
    wanted = undisturbed(db)
    assert db.url.port is not None
    with proxied(db.url.port) as proxy:
        proxy.set("delay", 0)
        boot(db.url.set(port=proxy.own_port).render_as_string(hide_password=False))

    boot_again(db, engine, wanted, "a slow network")
    survived("network: delay", db.name)
