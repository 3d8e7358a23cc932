"""What happened, kept for reports and training."""
