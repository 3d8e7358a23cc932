"""How good a model is, beside others, and why."""
