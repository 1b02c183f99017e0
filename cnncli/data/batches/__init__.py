"""Samples on their way to a network: in batches to train on, or as a stream to answer."""
