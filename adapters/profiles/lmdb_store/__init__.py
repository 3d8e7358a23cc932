"""Profiles in LMDB, part by part; `adapters/profiles/lmdb_profiles.py` puts them together."""
