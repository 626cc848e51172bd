"""Where the stories are kept: in a SQLite file, and one of them in PostgreSQL as well."""

import pytest

from .town import Town


@pytest.fixture
def town_under(tmp_path):
    """Return how a town is founded under a programme, on a day."""
    towns = []

    def found(programme, today, url=None):
        town = Town(programme, url or f"sqlite:///{tmp_path / 'town.db'}", today=today)
        towns.append(town)
        return town

    yield found
    for town in towns:
        town.bank.close()
