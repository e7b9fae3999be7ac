"""The app's own token provider, and the questions it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from tidings._native import TokenTicket

Token: TypeAlias = "str | tuple[str, float]"
"""A bearer token that is good from now on, or one with its life in seconds."""

TokenProvider: TypeAlias = Callable[[], Token]
"""The app's own code that gets a token. It may take ten seconds."""

AsyncTokenProvider: TypeAlias = Callable[[], Awaitable[Token]]
"""The same as a coroutine function."""

_numbers = count(1)
_providers: WeakValueDictionary[int, Provider] = WeakValueDictionary()


class Provider:
    """A token provider under the number that the engine knows it by, with the exception it has failed with last."""

    __slots__ = ("__weakref__", "_failure", "function", "number", "on_loop", "tasks")

    def __init__(self, function: Callable[[], Any]) -> None:
        # Not at the top: it is a third of what the import of the package would cost, and most have no provider.
        from inspect import iscoroutinefunction

        if not callable(function):
            raise TypeError(f"token_provider must be a function, not {type(function).__name__}")
        self.function = function
        self.number = next(_numbers)
        self.on_loop = iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__)
        self.tasks: set[object] = set()
        self._failure: tuple[int, BaseException] | None = None
        _providers[self.number] = self

    def answer(self, ticket: TokenTicket, token: object) -> None:
        """Answers with what the function has returned."""
        match token:
            case str():
                ticket.answer(token, None)
            case (str() as text, int() | float() as life):
                ticket.answer(text, life)
            case _:
                what = type(token).__name__
                if isinstance(token, Coroutine):
                    token.close()  # or Python warns that nobody has awaited it
                raise TypeError(f"a token provider returns a token, or a token and its life in seconds, not {what}")

    def fail(self, ticket: TokenTicket, error: BaseException) -> None:
        """Answers with what it has raised. Only the name goes through the engine: the text may hold a secret."""
        number = next(_numbers)
        self._failure = (number, error)
        ticket.fail(type(error).__name__, number)

    def failure(self, number: int | None) -> BaseException | None:
        """What it has raised under that number, unless it has failed again since."""
        if self._failure is not None and self._failure[0] == number:
            return self._failure[1]
        return None


def provider_of(number: int) -> Provider | None:
    """The provider of that number, while somebody has its client."""
    return _providers.get(number)


def serve(number: int, ticket: TokenTicket) -> None:
    """Asks the provider of that number. The engine calls this on a thread of its own."""
    provider = provider_of(number)
    if provider is None:
        return
    try:
        provider.answer(ticket, provider.function())
    except BaseException as error:
        provider.fail(ticket, error)
