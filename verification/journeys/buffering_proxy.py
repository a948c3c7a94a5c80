"""Strips a prefix and holds every answer back until it is whole: `python buffering_proxy.py PORT PREFIX`."""

from __future__ import annotations

import asyncio
import sys


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int, prefix: bytes) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    method, path, version = first.split(b" ")
    sizes = [line.split(b":")[1] for line in rest.lower().split(b"\r\n") if line.startswith(b"content-length")]
    body = await reader.readexactly(int(sizes[0]) if sizes else 0)
    lines = [line for line in rest.split(b"\r\n") if line and not line.lower().startswith(b"connection")]
    there, out = await asyncio.open_connection("127.0.0.1", target)
    request = [b" ".join([method, path.removeprefix(prefix) or b"/", version]), *lines, b"connection: close", b"", b""]
    out.write(b"\r\n".join(request) + body)
    writer.write(await there.read())  # whole, or never
    await writer.drain()
    writer.close()
    out.close()


async def main(target: int, prefix: str) -> None:
    server = await asyncio.start_server(lambda r, w: relay(r, w, target, prefix.encode()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
