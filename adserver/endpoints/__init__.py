"""The shell, thin: gather, decide, act."""
