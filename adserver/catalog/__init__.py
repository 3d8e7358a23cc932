"""Campaigns compiled for look-up."""
