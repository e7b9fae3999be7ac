"""The client for asyncio."""

from __future__ import annotations

from asyncio import get_running_loop
from types import TracebackType

from tidings._base import BaseClient, Parameters, arguments
from tidings._bridge import bridge_of
from tidings._errors import explain
from tidings._native import Response
from tidings._token import AsyncTokenProvider, TokenProvider
from tidings._typing import Self


class AsyncClient(BaseClient[TokenProvider | AsyncTokenProvider]):
    """A client of the Conversation API for asyncio.

    Made to be kept and used by many tasks at once; they share its connections and its token. It belongs to no loop: it
    may be made before there is one, and be used from several. `Client` is its twin for programs that wait.

        async with AsyncClient.from_env() as client:
            sent = await client.execute("sms.send", body={"to": "+46701234567", "text": "Your code is 4711"})
    """

    __module__ = "tidings"
    __slots__ = ()

    async def execute(
        self,
        operation: str,
        *,
        path: Parameters | None = None,
        query: Parameters | None = None,
        body: object = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        replay_unknown: bool = False,
        headers: Parameters | None = None,
    ) -> Response:
        """Makes a call and returns its answer, which means that it was accepted.

        operation: its id, such as `sms.send` or `apps.list`.
        path: parameters of the path. The project is filled in.
        query: parameters of the query.
        body: bytes and strings are JSON already, and go out as they are; anything else is encoded.
        timeout: how long this call may take in seconds, all waiting and retries included.
        max_retries: the most retries of this call.
        replay_unknown: try again when the outcome is unknown, for callers who prefer doubles to losses: a text may
            arrive twice. Without an attempt that is accepted, the call still ends with `unknown_outcome`.
        headers: further headers. Those that the client writes itself are refused.

        Raises TidingsError if the call was rejected, or if nobody knows (`unknown_outcome`).

        Cancelling the task calls it off and closes its connection. `TidingsError.within(error)`, of the CancelledError
        or of the TimeoutError of `asyncio.wait_for`, says what is known of the call if it may have been carried out:
        its kind is `cancelled`, and its `sent` is true. On Python 3.10 a KeyboardInterrupt that comes out of
        `asyncio.run` has lost it.
        """
        loop = get_running_loop()
        future = loop.create_future()
        call = self._engine.start_on(
            bridge_of(loop),
            future,
            arguments(operation, path, query, body, timeout, max_retries, replay_unknown, headers),
        )
        if self._provider is not None:
            self._provider.leave_idle_loops()
        try:
            await future
        except BaseException as interruption:
            known = call.cancel()
            if known is not None:
                explain(interruption, known)
            raise
        return self._answer(call.outcome())

    async def close(self) -> None:
        """Closes the client: connections go, calls of other tasks end with `closed`, or with `unknown_outcome` if they
        may have been carried out, and further calls with `closed`. Doing it again changes nothing."""
        self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
