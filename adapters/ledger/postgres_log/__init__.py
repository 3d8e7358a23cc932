"""The ledger as a log in PostgreSQL that several servers write to, one at a time."""
