"""Outside the process: a package per port, a module per technology."""
