"""The client for programs that wait."""

from __future__ import annotations

from threading import current_thread, main_thread
from types import TracebackType

from tidings._base import BaseClient, Parameters, arguments
from tidings._native import Response
from tidings._token import Provider, TokenProvider
from tidings._typing import Self


class Client(BaseClient[TokenProvider]):
    """A client of the Conversation API for programs that wait for each call.

    Made to be kept and used from many threads at once; they share its connections and its token. It may be used before
    and after a fork: each process has connections of its own. `AsyncClient` is its twin for asyncio.

        with Client.from_env() as client:
            sent = client.execute("sms.send", body={"to": "+46701234567", "text": "Your code is 4711"})
    """

    __module__ = "tidings"
    __slots__ = ()

    def execute(
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
        """Makes a call and waits for its answer, which means that it was accepted.

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

        Ctrl-C on the main thread calls it off within a tenth of a second. `TidingsError.within(interrupt)` says what is
        known of the call if it may have been carried out: its kind is `cancelled`, and its `sent` is true.
        """
        call = arguments(operation, path, query, body, timeout, max_retries, replay_unknown, headers)
        return self._answer(self._engine.execute(call, current_thread() is main_thread()))

    def close(self) -> None:
        """Closes the client: connections go, calls of other threads end with `closed`, or with `unknown_outcome` if
        they may have been carried out, and further calls with `closed`. Doing it again changes nothing."""
        self._engine.close()

    def _accepted(self, provider: Provider) -> Provider:
        if provider.on_loop:
            raise TypeError(
                "Client takes a plain function as its token_provider; AsyncClient also takes coroutine functions"
            )
        return provider

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
