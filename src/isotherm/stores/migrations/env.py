"""Alembic's entry: run the migrations on the connection `isotherm.stores.migrate` hands over."""

from alembic import context

config = context.config

context.configure(
    connection=config.attributes["connection"],
    version_table=config.attributes["version_table"],
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
