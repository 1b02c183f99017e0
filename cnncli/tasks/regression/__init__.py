"""Numbers for each sample."""
