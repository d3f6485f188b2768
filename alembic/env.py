"""Runs migrations in the transaction that ``adapters.database.migrate`` began."""

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("migrations run through `vultus migrate`, which locks and grants as well")
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
