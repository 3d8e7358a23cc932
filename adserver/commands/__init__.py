"""What a person types: one module per group of commands, each with `add` and its actions."""
