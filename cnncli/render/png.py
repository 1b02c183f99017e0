"""Pictures as PNG files."""

from __future__ import annotations

import io

from PIL import Image


def encode_png(picture: Image.Image) -> bytes:
    """Return the contents of a PNG file; equal pictures give equal bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
