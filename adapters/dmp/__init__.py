"""Audiences coming in."""
