"""One class for each sample."""
