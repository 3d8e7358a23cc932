"""Every parser against bytes that nobody meant: `python -m tests.fuzz` with coverage, `make test` in short."""
