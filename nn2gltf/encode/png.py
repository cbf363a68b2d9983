"""PNG files of pages, on every processor: Pillow lets go of the interpreter's lock while it compresses."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from nn2gltf.encode.pages import PageLayout
from nn2gltf.ir.recording import ByteArray

COMPRESS_LEVEL = 6
"""9 takes three to thirteen times as long for one to four hundredths fewer bytes (measured on the gallery)."""


def write_pngs(
    pages: Iterable[tuple[str, dict[int, tuple[ByteArray, ByteArray | None]]]],
    layouts: Mapping[str, PageLayout],
    palettes: Mapping[str, ByteArray],
) -> Iterator[tuple[str, int, bytes, bytes | None]]:
    """Compress pages, those of one name at a time.

    Args:
        pages: From :func:`nn2gltf.encode.pages.encode_pages`.
        palettes: Palette name to its (256, 3) colours.

    Yields:
        Page name, probe, the palette PNG of its codes, and the grey one of its remainders.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, by_probe in pages:
            colors = palettes[layouts[name].palette]
            made = [
                (
                    probe,
                    pool.submit(palette_png, codes, colors),
                    None if low is None else pool.submit(grey_png, low),
                )
                for probe, (codes, low) in by_probe.items()
            ]
            by_probe.clear()
            for probe, codes_png, low_png in made:
                yield name, probe, codes_png.result(), None if low_png is None else low_png.result()


def palette_png(codes: ByteArray, palette: ByteArray) -> bytes:
    """An 8-bit palette PNG: pixel = code, PLTE = (256, 3) the colour map."""
    return _png(codes, "P", palette)


def grey_png(codes: ByteArray) -> bytes:
    """An 8-bit greyscale PNG."""
    return _png(codes, "L", None)


def _png(codes: ByteArray, mode: str, palette: ByteArray | None) -> bytes:
    from PIL import Image

    image = Image.fromarray(codes, mode="L")
    if palette is not None:
        image = Image.frombytes(mode, image.size, codes.tobytes())
        image.putpalette(palette.tobytes())
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=COMPRESS_LEVEL)
    return stream.getvalue()
