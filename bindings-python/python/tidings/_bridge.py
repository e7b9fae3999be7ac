"""The way of finished calls and of questions for tokens from the engine to asyncio loops: one bridge for each loop."""

from __future__ import annotations

from asyncio import AbstractEventLoop, get_running_loop
from threading import Thread
from typing import TYPE_CHECKING
from weakref import ref

from tidings._native import Bridge
from tidings._token import provider_of

if TYPE_CHECKING:
    from tidings._native import TokenTicket
    from tidings._token import Provider

# By the loop's id, since a weak reference is dearer to look up. No lock: each loop looks for its own bridge only, and
# what tidies up copes with others that do the same.
bridges: dict[int, tuple[ref[AbstractEventLoop], Bridge]] = {}


def bridge_of(loop: AbstractEventLoop) -> Bridge:
    """The bridge of the running loop."""
    known = bridges.get(id(loop))
    if known is not None and known[0]() is loop and known[1].current:
        return known[1]
    _tidy_up()
    bridge = _built(loop)
    bridges[id(loop)] = (ref(loop), bridge)
    return bridge


def _tidy_up() -> None:
    """Lets go of what belongs to loops that are gone. Their bridges may hold futures, and these the loops."""
    for key, known in list(bridges.items()):
        loop = known[0]()
        if loop is None or loop.is_closed() or not known[1].current:
            if bridges.get(key) is known:
                bridges.pop(key, None)
            known[1].retire()


def _built(loop: AbstractEventLoop) -> Bridge:
    try:
        bridge = Bridge.over_socket(_ask)
        loop.add_reader(bridge.fileno(), bridge.drain)
    except NotImplementedError:
        # This loop cannot watch sockets, as on Windows. A thread of Python's wakes it, and not the engine's: that one
        # never waits for the interpreter.
        bridge = Bridge.over_thread(_ask)
        Thread(target=_wake, args=(ref(loop), bridge), name="tidings-wake", daemon=True).start()
    return bridge


def _wake(watched: ref[AbstractEventLoop], bridge: Bridge) -> None:
    while bridge.wait():
        loop = watched()
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(bridge.drain)
        except RuntimeError:  # it is closed
            return
        del loop


def _ask(number: int, ticket: TokenTicket) -> None:
    provider = provider_of(number)
    if provider is not None:
        task = get_running_loop().create_task(_serve(provider, ticket))
        provider.tasks.add(task)
        task.add_done_callback(provider.tasks.discard)


async def _serve(provider: Provider, ticket: TokenTicket) -> None:
    try:
        provider.answer(ticket, await provider.function())
    except BaseException as error:
        provider.fail(ticket, error)
        if not isinstance(error, Exception):
            raise
