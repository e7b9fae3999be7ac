"""The app's own functions that are told of things while the engine works."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, TypeAlias

from tidings._errors import TidingsError
from tidings._token import Provider, failed, is_for_loops

if TYPE_CHECKING:
    from tidings._native import Engine, EventDesk

RetryListener: TypeAlias = Callable[[TidingsError, float], object]
"""Is told of a retry: what made it necessary, and the pause before it in seconds."""

UnknownListener: TypeAlias = Callable[[TidingsError], object]
"""Is told of a call that may have been carried out and whose caller cannot know."""


class Listeners:
    """The functions of one client. The engine knows them by a number, as long as somebody has the client."""

    __slots__ = ("__weakref__", "_provider", "engine", "on_retry", "on_unknown")

    engine: Engine | None

    @classmethod
    def of(
        cls, on_retry: RetryListener | None, on_unknown: UnknownListener | None, provider: Provider | None
    ) -> Listeners | None:
        """None if there is no function."""
        return None if on_retry is None and on_unknown is None else cls(on_retry, on_unknown, provider)

    def __init__(
        self, on_retry: RetryListener | None, on_unknown: UnknownListener | None, provider: Provider | None
    ) -> None:
        self.engine = None
        for name, function in (("on_retry", on_retry), ("on_unknown", on_unknown)):
            if function is not None:
                _check(name, function)
        self.on_retry = on_retry
        self.on_unknown = on_unknown
        self._provider = provider

    def __del__(self) -> None:
        # Nobody has the client any more. What it has to tell still comes: the engine may keep this until it is told.
        if self.engine is not None:
            self.engine.leave(self)

    def serve(self, desk: EventDesk) -> None:
        """Tells all that waits to be told. The engine calls this on a thread of its own."""
        while (event := desk.next()) is not None:
            failure, pause = event
            error = failed(failure, self._provider)
            if pause is not None and self.on_retry is not None:
                _tell(desk, self.on_retry, error, pause)
            elif pause is None and self.on_unknown is not None:
                _tell(desk, self.on_unknown, error)


def _check(name: str, function: object) -> None:
    if not callable(function):
        raise TypeError(f"{name} must be a function, not {type(function).__name__}")
    if is_for_loops(function):
        raise TypeError(
            f"{name} must be a plain function, not a coroutine function: it is called when no event loop may be left; "
            "asyncio.run_coroutine_threadsafe leads from it to a loop that runs"
        )


def _tell(desk: EventDesk, function: Callable[..., object], *what: object) -> None:
    try:
        returned = function(*what)
    except BaseException as exception:
        desk.report(exception, function)
        return
    if isinstance(returned, Coroutine):
        returned.close()  # or Python warns that nobody has awaited it
        message = "on_retry and on_unknown must be plain functions, and this one returned a coroutine"
        desk.report(TypeError(message), function)
