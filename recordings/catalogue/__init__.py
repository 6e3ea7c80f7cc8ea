"""The catalogue of people, plans, sessions and what was measured in them: an SQLite file or PostgreSQL.

Sessions, sets, repetitions and recorded pain are copies of what the recordings say and can be made again;
people, plans, notes, how it was before and after a session, and whose session is whose, stand only here and
are backed up.
"""

from recordings.catalogue.store import Catalogue, open_catalogue

__all__ = ["Catalogue", "open_catalogue"]
