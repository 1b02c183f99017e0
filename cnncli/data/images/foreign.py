"""Formats that are not read, known by their first bytes: their files are not damaged."""

from __future__ import annotations

LENGTH = 132  # bytes that are looked at

SIGNATURES = (  # where they stand, what they are, which format they mean
    (0, b"%!PS", "an EPS"),
    (0, b"\xc5\xd0\xd3\xc6", "an EPS"),
    (0, b"%PDF", "a PDF"),
    (0, b"8BPS", "a PSD"),
    (0, b"\xd7\xcd\xc6\x9a", "a WMF"),
    (0, b"\0\0\x01\0", "an icon (ICO)"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (0, b"DDS ", "a DDS"),
    (0, b"qoif", "a QOI"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR"),
    (0, b"#?RADIANCE", "a Radiance HDR"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"PF\n", "a PFM"),
    (0, b"P7\n", "a PAM"),
    (0, b"<svg", "an SVG"),
    (0, b"<?xml", "an SVG or other XML"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip file"),
    (128, b"DICM", "a DICOM"),
    (4, b"ftypavif", "an AVIF"),
    (4, b"ftypavis", "an AVIF"),
    (4, b"ftyphei", "a HEIC"),
    (4, b"ftyphev", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftypmsf1", "a HEIC"),
    (4, b"ftyp", "a video (MP4 or MOV)"),
)


def find_foreign_format(head: bytes) -> str | None:
    """Return what a file is, by its first 132 bytes, such as "a HEIC"; None where nobody knows."""
    return next((name for at, mark, name in SIGNATURES if head[at : at + len(mark)] == mark), None)
