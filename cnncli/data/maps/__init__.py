"""Images whose every pixel has a class, which a mask says: their levels, and sets of them."""
