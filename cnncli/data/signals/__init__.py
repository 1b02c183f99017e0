"""Signals, samples along time in any number of channels: from files to the same shape.

Legend: L samples, C channels. Nothing is imported here, because images need none of it.
"""
