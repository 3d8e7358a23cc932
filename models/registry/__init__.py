"""Trained models on disk: signed versions of every kind, and who of them serves."""
