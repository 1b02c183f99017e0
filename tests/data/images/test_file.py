from __future__ import annotations

import io
import os
import socket
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.file import count_pages, decode, decode_mask, list_pages, measure
from cnncli.data.unreadable import ImageError


def stored(image: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Return a PNG whose header promises pixels that are not there."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def refusal(source: str | bytes) -> str:
    started = time.monotonic()
    with pytest.raises(ImageError) as caught:
        decode(source)
    assert time.monotonic() - started < 1
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_path_and_its_bytes_give_the_same_pixels(tmp_path: Path, picture) -> None:
    file = tmp_path / "a.png"
    picture(4, 7, "RGB").save(file)
    assert np.array_equal(decode(str(file)).pixels, decode(file.read_bytes()).pixels)


def test_the_content_counts_and_not_the_name(tmp_path: Path, picture) -> None:
    file = tmp_path / "a.gif"
    file.write_bytes(stored(picture(4, 4), "PNG"))
    assert decode(str(file)).pixels.shape == (4, 4, 1)


def test_a_text_file_called_png_is_no_image(tmp_path: Path) -> None:
    file = tmp_path / "notes.png"
    file.write_text("not an image")
    assert refusal(str(file)) == (
        f"{file}: not a readable image (not JPEG, PNG, BMP, GIF, TIFF, WEBP or PPM, or its header "
        "is damaged); replace it or remove it"
    )


def test_an_empty_file_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert "not JPEG" in refusal(str(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "an EPS"),
        (b"8BPS\0\1" + bytes(20), "a PSD"),
        (b"\0\0\0\x1cftyphevc" + bytes(30), "a HEIC"),
        (b"\xd7\xcd\xc6\x9a" + bytes(40), "a WMF"),
        (b"\xff\x4f\xff\x51" + bytes(40), "a JPEG 2000"),
    ],
)
def test_other_formats_are_never_parsed_but_called_by_name(data: bytes, name: str) -> None:
    assert refusal(data) == (
        f"-: not a readable image ({name}, which is not read); save it as PNG or JPEG"
    )


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (28, 5),  # bits of a pixel of a BMP
        (30, 77),  # its compression
        (14, 7),  # the length of its header
    ],
)
def test_what_a_decoder_does_not_support_is_not_called_damaged(
    at: int, value: int, picture
) -> None:
    data = bytearray(stored(picture(4, 4, "RGB"), "BMP"))
    data[at] = value
    message = refusal(bytes(data))
    assert "not supported: " in message
    assert "damaged" not in message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_a_format_imports_its_own_decoder_alone(kind: str, picture) -> None:
    program = (
        "import sys\nfrom cnncli.data.images.file import decode\n"
        "assert decode(sys.stdin.buffer.read()).pixels.shape == (4, 4, 3)\n"
        "print(*(name for name in sys.modules if name.endswith('ImagePlugin')))\n"
    )
    data = stored(picture(4, 4, "RGB"), kind)
    done = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True)
    assert done.stdout.decode().upper() == f"PIL.{kind}IMAGEPLUGIN\n"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_image_is_refused(kind: str, share: float, picture) -> None:
    data = stored(picture(64, 64, "RGB"), kind)
    refusal(data[: int(len(data) * share)])


def test_a_truncated_image_is_called_so(picture) -> None:
    data = stored(picture(64, 64, "RGB"), "JPEG")
    assert "(truncated)" in refusal(data[: len(data) // 2])


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert "(no such file); check the path" in refusal(str(tmp_path / "a.png"))


def test_a_dangling_link_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")
    assert "(a link to nothing)" in refusal(str(tmp_path / "a.png"))


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    assert "too many levels of symbolic links" in refusal(str(tmp_path / "a.png"))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert "(a pipe or a device, not a file)" in refusal(str(tmp_path / "a.png"))


def test_a_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "a.png"))
        refusal(str(tmp_path / "a.png"))


def test_a_device_is_refused() -> None:
    assert "(a pipe or a device, not a file)" in refusal("/dev/zero")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "(a folder)" in refusal(str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path: Path, picture) -> None:
    file = tmp_path / "a.png"
    picture(4, 4).save(file)
    file.chmod(0)
    assert "(permission denied)" in refusal(str(file))


def test_a_name_with_a_null_byte_is_refused() -> None:
    refusal("a\0b.png")


@pytest.mark.parametrize(("width", "height"), [(9500, 9500), (60_000, 1_400), (20_000, 20_000)])
def test_more_than_64_megapixels_are_refused_before_decoding(width: int, height: int) -> None:
    tracemalloc.start()
    message = refusal(png_of(width, height))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert "megapixels" in message


def test_64_megapixels_are_the_most() -> None:
    assert measure(png_of(8000, 8000))[:2] == (8000, 8000)


@pytest.mark.parametrize(
    "head",
    [
        b"VP8X" + struct.pack("<II", 10, 0) + (16382).to_bytes(3, "little") * 2,
        b"VP8L" + struct.pack("<I", 5) + b"\x2f" + (16383 | 16383 << 14).to_bytes(4, "little"),
        b"VP8 "
        + struct.pack("<I", 10)
        + b"\x10\0\0\x9d\x01\x2a"
        + struct.pack("<HH", 16383, 16383),
    ],
    ids=["extended", "lossless", "lossy"],
)
def test_a_huge_webp_is_refused_before_its_decoder_starts(head: bytes) -> None:
    data = b"RIFF" + struct.pack("<I", len(head) + 30) + b"WEBP" + head + bytes(30)
    assert "268 megapixels, takes 6.0 GB of memory, and max_memory is 512 MB" in refusal(data)


def test_a_metadata_bomb_is_one_line() -> None:
    bomb = zlib.compress(bytes(80 << 20))

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    data = png_of(4, 4)
    refusal(data[:33] + chunk(b"zTXt", b"k\0\0" + bomb) + data[33:])


def test_a_decoder_that_complains_says_nothing_on_stderr(picture) -> None:
    data = stored(picture(4, 4, "RGB"), "TIFF")
    samples_per_pixel = struct.pack("<HHI", 277, 3, 1)
    at = data.index(samples_per_pixel) + len(samples_per_pixel)
    bad = data[:at] + struct.pack("<H", 231) + data[at + 2 :]
    program = (
        "import sys\nfrom cnncli.data.images.file import ImageError, decode\n"
        "try:\n    decode(sys.stdin.buffer.read())\nexcept ImageError:\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=bad, capture_output=True)
    assert (done.stdout, done.stderr) == (b"refused\n", b"")


def test_an_animation_gives_its_first_frame_and_tells(picture) -> None:
    frames = [picture(8, 8, "L", seed) for seed in range(3)]
    for kind in ("GIF", "PNG", "TIFF"):
        data = stored(frames[0], kind, save_all=True, append_images=frames[1:])
        found = decode(data)
        assert found.frames_left_out
        assert np.array_equal(found.pixels[..., 0], np.asarray(frames[0]))


def test_each_page_of_a_tiff_is_read(picture) -> None:
    pages = [picture(4 + i, 7, "L", seed=i) for i in range(3)]
    data = stored(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert count_pages(data) == 3
    for i, page in enumerate(pages):
        assert np.array_equal(decode(data, i).pixels[..., 0], np.asarray(page))
        assert decode(data, i).frames_left_out


@pytest.mark.parametrize("page", [2, 99])
def test_a_page_that_there_is_not_is_refused(page: int, picture) -> None:
    data = stored(picture(4, 7), "TIFF", save_all=True, append_images=[picture(4, 7)])
    with pytest.raises(ImageError, match=f"it has no page {page + 1}"):
        decode(data, page)


def test_each_page_of_a_mask_is_read(tmp_path: Path, picture) -> None:
    file = tmp_path / "a.tif"
    picture(4, 7).save(file, save_all=True, append_images=[picture(4, 7, seed=1)])
    assert np.array_equal(decode_mask(str(file), 1).values, np.asarray(picture(4, 7, seed=1)))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "JPEG"])
def test_frames_of_an_animation_are_no_pages(kind: str, picture) -> None:
    frames = {} if kind == "JPEG" else {"save_all": True, "append_images": [picture(8, 8, seed=1)]}
    assert count_pages(stored(picture(8, 8), kind, **frames)) == 1


def test_a_still_image_leaves_nothing_out(picture) -> None:
    for kind in ("GIF", "PNG", "TIFF", "WEBP", "JPEG"):
        assert not decode(stored(picture(8, 8), kind)).frames_left_out


def test_measure_reads_size_and_color(picture) -> None:
    assert measure(stored(picture(4, 7), "PNG")) == (4, 7, 1, True)
    assert measure(stored(picture(4, 7, "RGB"), "JPEG")) == (4, 7, 3, True)


def test_one_pixel_is_enough(picture) -> None:
    assert decode(stored(picture(1, 1), "PNG")).pixels.shape == (1, 1, 1)


def save_stack(path: Path, picture, pages: int) -> str:
    first, *others = (picture(4, 7, seed=page) for page in range(pages))
    first.save(path, save_all=True, append_images=others)
    return str(path)


@pytest.mark.parametrize("name", ["a.tif", "b.TIFF", "c[1].tif"])
def test_a_path_may_name_a_page(tmp_path: Path, picture, name: str) -> None:
    path = save_stack(tmp_path / name, picture, 3)
    names = list_pages(path)
    assert names == [f"{path}[0]", f"{path}[1]", f"{path}[2]"]
    for page, name in enumerate(names):
        found = decode(name)
        assert np.array_equal(found.pixels[..., 0], np.asarray(picture(4, 7, seed=page)))
        assert not found.frames_left_out
        assert measure(name)[:2] == (4, 7)
    with pytest.raises(ImageError, match=r"tif\[3\]: .*it has no page 4|TIFF\[3\]: .*no page 4"):
        decode(f"{path}[3]")


def test_a_file_of_one_page_keeps_its_name_and_one_in_brackets_is_a_file(
    tmp_path: Path, picture
) -> None:
    path = save_stack(tmp_path / "a.tif", picture, 1)
    assert list_pages(path) == [path]
    assert list_pages("a.png") == ["a.png"]
    Path(f"{path}[0]").write_bytes(b"no image")
    with pytest.raises(ImageError, match="header is damaged"):
        decode(f"{path}[0]")
    with pytest.raises(ImageError, match="no such file"):
        decode(str(tmp_path / "none.tif[1]"))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate"])
def test_a_tiff_whose_height_is_more_than_its_strips_have_is_truncated(
    compression: str, picture
) -> None:
    data = bytearray(stored(picture(12, 10, "RGB"), "TIFF", compression=compression))
    at = data.index(struct.pack("<H", 257))
    data[at : at + 12] = struct.pack("<HHII", 257, 4, 1, 1_200_000)
    refusal(bytes(data))
