"""Where campaigns are written."""
