"""Formats of data sets, one file each: is a path of it, which splits has it, what is in them."""
