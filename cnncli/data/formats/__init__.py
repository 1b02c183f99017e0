"""Formats of data sets, a module each, which finds, divides and reads the sets of its format."""
