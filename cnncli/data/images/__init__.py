"""Images: read from files, brought to the same shape.

Nothing is imported here, because a prediction needs but few of the modules.
"""
