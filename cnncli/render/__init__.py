"""Arrays to pictures: PNG sheets and drawings for the terminal. Knows no networks."""
