"""Samples and labels: reading them, preparing them, splitting them, bringing them in batches.

Nothing is imported here, because a prediction needs but few of the modules.
"""
