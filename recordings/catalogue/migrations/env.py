"""How migrations run: on the connection, and inside the transaction, of whoever opens the catalogue.

That transaction is what makes them whole or undone: Alembic's own way leaves SQLite half migrated.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
