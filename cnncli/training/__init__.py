"""Training: settings, schedules, the loop and the figures of a trained network.

Nothing is imported here, because a prediction needs but one of the modules.
"""
