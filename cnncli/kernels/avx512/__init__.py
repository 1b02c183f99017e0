"""Modules compiled for the avx512 instruction set."""
