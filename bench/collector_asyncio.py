#!/usr/bin/python3
"""For bench/collector: requests with asyncio and aiohttp.

collector_asyncio.py URL COUNT AT_ONCE
"""
import asyncio
import sys
import time
import zlib

import aiohttp

from collector_figures import figures

TIMEOUT = aiohttp.ClientTimeout(total=60)


async def collect(url, count, at_once):
    rows = []
    numbers = iter(range(count))

    async def worker(session):
        for _ in numbers:
            try:
                async with session.get(url) as answer:
                    body = await answer.read()
                    rows.append((url, answer.status, len(body),
                                 zlib.adler32(body)))
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                rows.append((url, 0, 0, error))

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector,
                                     timeout=TIMEOUT) as session:
        await asyncio.gather(*(worker(session) for _ in range(at_once)))
    return rows


begin = time.monotonic()
figures(asyncio.run(collect(sys.argv[1], int(sys.argv[2]),
                            int(sys.argv[3]))), begin)
