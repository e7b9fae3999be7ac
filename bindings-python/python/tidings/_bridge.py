"""The way of finished calls and of questions for tokens from the engine to asyncio loops: one bridge for each loop."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from contextvars import Context
from threading import Thread
from weakref import ref

from tidings._errors import TidingsError
from tidings._native import Bridge

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
    """A new bridge. It lives as long as the loop and serves all its calls, so it must not run in the context of the one
    that happened to be the first: hence the empty contexts."""
    try:
        try:
            bridge = Bridge.over_socket()
            Context().run(loop.add_reader, bridge.fileno(), bridge.drain)
        except NotImplementedError:
            # This loop cannot watch sockets, as on Windows. A thread of Python's wakes it, and not the engine's: that
            # one never waits for the interpreter.
            bridge = Bridge.over_thread()
            Thread(target=_wake, args=(ref(loop), bridge), name="tidings-wake", daemon=True).start()
    except (OSError, RuntimeError) as error:
        message = "the event loop could not be connected, so nothing was sent: the cause of this error says why"
        raise TidingsError(message, kind="internal") from error
    return bridge


def _wake(watched: ref[AbstractEventLoop], bridge: Bridge) -> None:
    while bridge.wait():
        loop = watched()
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(bridge.drain, context=Context())
        except RuntimeError:  # it is closed
            return
        del loop
