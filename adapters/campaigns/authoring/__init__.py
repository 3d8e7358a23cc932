"""From what marketers write to a checked catalog: every fault found at once, each with its place."""
