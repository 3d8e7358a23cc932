"""Who runs what: supervisor, worker, owner, builder."""
