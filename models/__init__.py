"""The learned parts."""
