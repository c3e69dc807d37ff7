"""Results and errors as a download: streamed, never held twice."""

import zlib
from collections.abc import Iterator

from batchdrop_sandbox.simulators.reply import Reply, Stream

_PART = 64 * 1024


def download(lines: Stream, name: str, *, gzipped: bool) -> Reply:
    """200 with the lines in chunks, without a length; gzip where the client accepts it [spec]."""
    headers = {
        "Content-Type": "text/plain",  # [spec] no charset is declared
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if gzipped:
        return Reply(200, {**headers, "Content-Encoding": "gzip"}, lambda: _zipped(_parts(lines())))
    return Reply(200, headers, lambda: _parts(lines()))


def _parts(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines gathered into parts worth a chunk."""
    gathered = bytearray()
    for line in lines:
        gathered += line
        if len(gathered) >= _PART:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _zipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()
