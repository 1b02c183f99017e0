"""The methods of `inspect-filters`, one per file."""
