"""One class for each pixel of an image."""
