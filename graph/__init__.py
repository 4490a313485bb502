"""The store: connection, schema, named queries and repositories by noun."""
