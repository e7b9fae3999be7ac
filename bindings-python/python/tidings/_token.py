"""The app's own token provider, and the questions it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

from tidings._errors import Failure, TidingsError, error_of

if TYPE_CHECKING:
    from asyncio import Task

    from tidings._native import TokenTicket

Token: TypeAlias = str | tuple[str, float]
"""A bearer token that is good from now on, or one with its life in seconds."""

TokenProvider: TypeAlias = Callable[[], Token]
"""The app's own code that gets a token. It may take ten seconds."""

AsyncTokenProvider: TypeAlias = Callable[[], Awaitable[Token]]
"""The same as a coroutine function."""


class Provider:
    """A token provider, with the exception it has failed with last. The engine knows it by a number, as long as
    somebody has the client."""

    __slots__ = ("__weakref__", "_failure", "_function", "_tasks", "on_loop")

    def __init__(self, function: Callable[[], Any]) -> None:
        if not callable(function):
            raise TypeError(f"token_provider must be a function, not {type(function).__name__}")
        self._function = function
        self.on_loop = is_for_loops(function)
        self._tasks: dict[Task[None], TokenTicket] = {}
        self._failure: tuple[int, BaseException] | None = None

    def serve(self, ticket: TokenTicket) -> None:
        """Asks the function. The engine calls this on a thread of its own."""
        try:
            self._answer(ticket, self._function())
        except BaseException as error:
            self._fail(ticket, error)

    def serve_on_loop(self, ticket: TokenTicket) -> None:
        """Asks the coroutine function, as a task of the running loop."""
        from asyncio import get_running_loop

        task = get_running_loop().create_task(self._serve(ticket))
        self._tasks[task] = ticket
        task.add_done_callback(self._served)

    def leave_idle_loops(self) -> None:
        """Takes the question back from a loop that does not run, for the one that runs and waits for it."""
        for task, ticket in list(self._tasks.items()):
            loop = task.get_loop()
            if not loop.is_running():
                ticket.hand_on("its event loop does not run")
            if loop.is_closed():
                self._tasks.pop(task, None)

    def failure(self, number: int | None) -> BaseException | None:
        """What it has raised under that number, unless it has failed again since."""
        if self._failure is not None and self._failure[0] == number:
            return self._failure[1]
        return None

    def _served(self, task: Task[None]) -> None:
        ticket = self._tasks.pop(task, None)
        if ticket is not None and task.cancelled():
            # Cancelled before it began, it has not seen that. After an answer this changes nothing.
            from asyncio import CancelledError

            self._hand_on(ticket, CancelledError())

    async def _serve(self, ticket: TokenTicket) -> None:
        from asyncio import CancelledError

        try:
            self._answer(ticket, await self._function())
        except (CancelledError, GeneratorExit) as error:
            # Its loop ends. That must be no failure of those who wait on others.
            self._hand_on(ticket, error)
            raise
        except BaseException as error:
            self._fail(ticket, error)
            if not isinstance(error, Exception):
                raise

    def _answer(self, ticket: TokenTicket, token: object) -> None:
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

    # Only a name and the number go through the engine: the text may hold a secret.

    def _fail(self, ticket: TokenTicket, error: BaseException) -> None:
        if ticket.open:
            self._failure = (ticket.number, error)
            ticket.fail(type(error).__name__)

    def _hand_on(self, ticket: TokenTicket, error: BaseException) -> None:
        if ticket.open:
            self._failure = (ticket.number, error)
            ticket.hand_on(type(error).__name__)


def is_for_loops(function: Callable[..., Any]) -> bool:
    """Whether a function of the app is a coroutine function, or something that is called like one."""
    # Not at the top: it is a third of what the import of the package would cost, and most give no function.
    from inspect import iscoroutinefunction

    return iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__)


def failed(failure: Failure, provider: Provider | None) -> TidingsError:
    """The exception of a record. If the app's own provider failed, what it has raised is its cause."""
    error = error_of(failure)
    if failure["cause"] is not None:
        cause = None if provider is None else provider.failure(failure["cause_number"])
        error.__cause__ = RuntimeError(failure["cause"]) if cause is None else cause
    return error
