"""Draw the pictures that lie beside this file: filters of 7x7 pixels, drawings of 32x32.

python3 sample_data/detectors/draw.py FOLDER
"""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

FILTERS = {  # x and y of their white pixels
    "curve": [(5, 0), (4, 1), (3, 2), (2, 3), (2, 4), (2, 5), (2, 6)],
    "horizontal": [(x, 3) for x in range(7)],
    "slope": [(6 - y, y) for y in range(7)],
    "vertical": [(3, y) for y in range(7)],
}
DRAWINGS = {  # corners of their lines
    "house": [
        [(7, 27), (7, 14), (16, 5), (25, 14), (25, 27), (7, 27)],
        [(14, 27), (14, 20), (18, 20), (18, 27)],
    ],
    "mouse": [
        [(9, 23), (9, 10), (12, 7), (16, 7), (20, 8), (24, 12), (29, 22), (28, 23), (9, 23)],
        [(9, 22), (5, 20), (2, 21)],  # tail
        [(20, 8), (22, 6), (24, 8), (24, 11)],  # ear
        [(23, 14), (23, 14)],  # eye
    ],
}
BLACK, AROUND, WHITE = 0, 52, 255  # as weights of a filter -1, -0.6 and 1


def draw_filter(points: list[tuple[int, int]]) -> Image.Image:
    """Return a filter that answers to white lines through the points, the less the more is off."""
    picture = Image.new("L", (7, 7), AROUND)
    for point in points:
        picture.putpixel(point, WHITE)
    return picture


def draw_lines(lines: list[list[tuple[int, int]]]) -> Image.Image:
    """Return white lines on black."""
    picture = Image.new("L", (32, 32), BLACK)
    for corners in lines:
        ImageDraw.Draw(picture).line(corners, fill=WHITE)
    return picture


def write_pictures(folder: Path) -> None:
    """Write the filters to a folder of their own in this one, the drawings beside that."""
    (folder / "filters").mkdir(exist_ok=True)
    for name, points in FILTERS.items():
        draw_filter(points).save(folder / "filters" / f"{name}.png")
    for name, lines in DRAWINGS.items():
        draw_lines(lines).save(folder / f"{name}.png")


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]))
