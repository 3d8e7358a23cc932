"""Torture: what the server must survive, measured beside its bars (`make torture`)."""
