"""Training: settings, schedules, the loop and its events, the model file in the end.

Nothing is imported here, so that a module costs no more than what it needs.
"""
