"""Modules compiled for the avx2 instruction set."""
