"""Pictures for terminals that speak the kitty graphics protocol.

https://sw.kovidgoyal.net/kitty/graphics-protocol: a command is ESC _ G, keys, a semicolon, base64,
ESC backslash. a=T shows what is sent, f=100 says that it is a PNG; data beyond 4096 characters go
into commands of their own, m=1 in all but the last.
"""

from __future__ import annotations

from base64 import b64encode

CHUNK = 4096


def encode_kitty(png: bytes) -> str:
    """Return what shows a PNG at the cursor."""
    text = b64encode(png).decode("ascii")
    chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    commands = []
    for number, chunk in enumerate(chunks, 1):
        keys = "a=T,f=100," if number == 1 else ""
        commands.append(f"\x1b_G{keys}m={int(number < len(chunks))};{chunk}\x1b\\")
    return "".join(commands)
