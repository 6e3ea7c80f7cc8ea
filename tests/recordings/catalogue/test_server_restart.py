"""A PostgreSQL server that cuts all connections in the middle of a save, as it does when it is restarted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from recordings.catalogue import open_catalogue, store
from recordings.catalogue.entries import CatalogueError, SessionEntry

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
)


def test_a_save_that_the_server_cuts_is_not_there_and_the_next_one_is(
    database: str, entry: Callable[..., SessionEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    whole = store._file_session
    host = database.partition("host=")[2].partition("&")[0]

    def cut_in_the_middle(connection: Connection, session: SessionEntry) -> None:
        whole(connection, session)
        with psycopg.connect(
            host=host, user="clinic", dbname=database.rpartition("=")[2], autocommit=True
        ) as other:
            other.execute(CUT, [other.info.backend_pid])

    with open_catalogue(database) as catalogue:
        catalogue.file_session(entry(1))
        monkeypatch.setattr(store, "_file_session", cut_in_the_middle)
        with pytest.raises(CatalogueError, match="cannot be reached: terminating connection"):
            catalogue.file_session(entry(2))
        monkeypatch.setattr(store, "_file_session", whole)
        # The same window goes on with a connection of its own making.
        assert not catalogue.knows(entry(2).session_id)
        catalogue.file_session(entry(2))
        assert catalogue.session(entry(2).session_id).sets == entry(2).sets
