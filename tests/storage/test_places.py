"""The places that stores are proved in are what their names say."""

import pytest
from sqlalchemy import text

from timebank.storage import schema
from timebank.storage.protocol import Settings

from .places import plain, postgresql, serializable


def asked(place, statement):
    """Return what the database says to *statement* inside a turn."""
    with place() as connect:
        store = connect()
        store.create(Settings(name="home"))
        with store.turn("home") as turn:
            assert turn.head == 0
            found = turn.link.connection.scalar(text(statement))
        store.close()
    return found


@pytest.mark.parametrize("place", [postgresql, plain, serializable])
def test_stores_are_kept_by_a_role_that_owns_nothing(place):
    owns = (
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND pg_has_role(relowner, 'MEMBER')"
    )

    assert asked(place, owns) == 0


@pytest.mark.parametrize(
    ("place", "level"),
    [(postgresql, "read committed"), (serializable, "serializable")],
)
def test_turns_are_as_isolated_as_the_server_was_asked_for(place, level):
    assert asked(place, "SHOW transaction_isolation") == level


@pytest.mark.parametrize(
    ("place", "profile"),
    [
        (postgresql, schema.Profile.GUARDED),
        (plain, schema.Profile.PLAIN),
        (serializable, schema.Profile.PLAIN),
    ],
)
def test_a_database_says_its_profile(place, profile):
    triggers = asked(place, "SELECT count(*) FROM pg_trigger")

    assert asked(place, "SELECT profile FROM timebank_schema") == profile
    assert (triggers > 0) == (profile is schema.Profile.GUARDED)
