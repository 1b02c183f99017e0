"""Signals, samples along time in one or several channels: read from files, brought to one shape.

Legend: L samples, C channels. Nothing is imported here, because images need none of it.
"""
