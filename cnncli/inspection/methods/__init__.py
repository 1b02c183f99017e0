"""The methods of `inspect-filters`, a file each."""
