"""What is never on the request path."""
