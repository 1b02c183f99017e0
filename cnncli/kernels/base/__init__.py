"""Modules compiled for the base instruction set."""
