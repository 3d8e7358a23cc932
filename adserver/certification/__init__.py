"""The acceptance tests that exchanges usually run on a bidder, for any bidder: it sees only the wire.

It shares nothing with the server beside it, so that it cannot forgive what that does wrong.
"""
