"""Any number of labels for each sample."""
