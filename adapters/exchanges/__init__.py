"""Dialects of the bid endpoint."""
