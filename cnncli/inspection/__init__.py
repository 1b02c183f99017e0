"""What a trained network has learned and what it does with an image: arrays in, arrays out."""
