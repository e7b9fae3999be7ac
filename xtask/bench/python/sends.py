"""The Python contenders of `cargo xtask bench`: CONTENDER URL SENDS AT_ONCE.

Prints how many were sent, the CPU seconds of this process and the wall seconds they took.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

PROJECT = "project"
APP = "01HKWT3XRVH6RP17S8KSBC4PYR"
TO = "+46701234567"
TEXT = "Your code is 4711"

# So high that nobody waits for a turn, and the limiter's cost is measured all the same.
NO_WAIT = 1_000_000_000

# The share of sends that warm up and do not count.
WARM_UP = 10


def body() -> dict[str, object]:
    return {
        "app_id": APP,
        "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": TO}]}},
        "message": {"text_message": {"text": TEXT}},
    }


def options(url: str) -> dict[str, Any]:
    return {"project_id": PROJECT, "key_id": "key", "key_secret": "secret", "base_url": url, "rate_limit": NO_WAIT}


def print_measured(sends: int, cpu: float, wall: float) -> None:
    print(sends, time.process_time() - cpu, time.perf_counter() - wall)


async def measure_tasks(send: Callable[[], Awaitable[None]], sends: int, at_once: int) -> None:
    async def many(count: int) -> None:
        left = iter(range(count))

        async def worker() -> None:
            for _ in left:
                await send()

        await asyncio.gather(*(worker() for _ in range(at_once)))

    await many(sends // WARM_UP)
    cpu, wall = time.process_time(), time.perf_counter()
    await many(sends)
    print_measured(sends, cpu, wall)


def measure_threads(send: Callable[[], None], sends: int, at_once: int) -> None:
    def many(count: int) -> None:
        left = itertools.islice(itertools.count(), count)
        lock = threading.Lock()

        def worker() -> None:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                send()

        threads = [threading.Thread(target=worker) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    many(sends // WARM_UP)
    cpu, wall = time.process_time(), time.perf_counter()
    many(sends)
    print_measured(sends, cpu, wall)


async def tidings_asyncio(url: str, sends: int, at_once: int) -> None:
    from tidings import AsyncClient

    async with AsyncClient(**options(url)) as client:

        async def send() -> None:
            answer = await client.execute("messages.send", body=body())
            assert answer.json()["message_id"]

        await measure_tasks(send, sends, at_once)


async def aiohttp_by_hand(url: str, sends: int, at_once: int) -> None:
    import aiohttp

    address = f"{url}/v1/projects/{PROJECT}/messages:send"
    headers = {"authorization": "Bearer a-token-of-the-bench", "content-type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def send() -> None:
            async with session.post(address, data=json.dumps(body()).encode(), headers=headers) as answer:
                answer.raise_for_status()
                assert json.loads(await answer.read())["message_id"]

        await measure_tasks(send, sends, at_once)


def tidings_threads(url: str, sends: int, at_once: int) -> None:
    from tidings import Client

    with Client(**options(url)) as client:

        def send() -> None:
            answer = client.execute("messages.send", body=body())
            assert answer.json()["message_id"]

        measure_threads(send, sends, at_once)


def official_threads(url: str, sends: int, at_once: int) -> None:
    from sinch import SinchClient

    logging.disable()
    client = SinchClient(
        project_id=PROJECT, key_id="key", key_secret="secret", conversation_region="eu"
    )
    client.configuration.auth_origin = url
    client.configuration.conversation_origin = url

    def send() -> None:
        answer = client.conversation.messages.send_text_message(
            app_id=APP, text=TEXT, recipient_identities=[{"channel": "SMS", "identity": TO}]
        )
        assert answer.message_id

    measure_threads(send, sends, at_once)


if __name__ == "__main__":
    contender, url, sends, at_once = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    match contender:
        case "tidings-asyncio":
            asyncio.run(tidings_asyncio(url, sends, at_once))
        case "aiohttp":
            asyncio.run(aiohttp_by_hand(url, sends, at_once))
        case "tidings-threads":
            tidings_threads(url, sends, at_once)
        case "official-threads":
            official_threads(url, sends, at_once)
        case _:
            sys.exit(f"no contender is called {contender}")
