"""A trained network as a thing: open its file, prepare samples, answer, keep, judge."""
