"""Mutation testing: small faults are put into the modules that keep money and caps, and some test must notice each."""
