"""The native half of tidings. Private: it may change with every version."""

from asyncio import Future
from collections.abc import Callable
from typing import Any, final

from tidings._base import Arguments
from tidings._errors import Failure
from tidings._events import Listeners
from tidings._token import Provider

__version__: str

__all__ = ["Bridge", "Call", "Engine", "EventDesk", "Response", "Sandbox", "TokenTicket", "__version__"]

@final
class Response:
    """An answer that counts: the call was accepted.

    It keeps the bytes as they came; nothing of it is read before it is asked for.
    """

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers: names in lower case, values of one name joined by commas. A new dictionary each time."""

    @property
    def body(self) -> bytes:
        """The body, byte for byte as it came."""

    @property
    def attempts(self) -> int:
        """How many times the request was tried."""

    @property
    def request_id(self) -> str | None:
        """The id the API gave to the request, for its support."""

    def json(self) -> Any:
        """The body, read as JSON, anew each time. An empty body is no JSON, and raises what `json.loads` does."""

@final
class Engine:
    @staticmethod
    def open(
        options: dict[str, Any],
        from_environment: bool,
        provider: Provider | None,
        listeners: Listeners | None,
        explain: Callable[[BaseException, Failure], None],
    ) -> Engine | Failure: ...
    def execute(self, arguments: Arguments, signals: bool) -> Response | Failure: ...
    def start_on(self, bridge: Bridge, future: Future[None], arguments: Arguments) -> Call: ...
    def close(self) -> None: ...
    def leave(self, listeners: Listeners) -> None: ...
    def statistics(self) -> tuple[int, int, int, int, int, int, int, int, int, int]: ...

@final
class Call:
    def outcome(self) -> Response | Failure: ...
    def cancel(self) -> Failure | None: ...

@final
class Bridge:
    @staticmethod
    def over_socket() -> Bridge: ...
    @staticmethod
    def over_thread() -> Bridge: ...
    @property
    def current(self) -> bool: ...
    def fileno(self) -> int: ...
    def drain(self) -> None: ...
    def wait(self) -> bool: ...
    def retire(self) -> None: ...

@final
class EventDesk:
    def next(self) -> tuple[Failure, float | None] | None: ...
    @staticmethod
    def report(exception: BaseException, function: Callable[..., object]) -> None: ...

@final
class TokenTicket:
    @property
    def number(self) -> int: ...
    @property
    def open(self) -> bool: ...
    def answer(self, token: str, expires_in: float | None) -> None: ...
    def fail(self, text: str) -> None: ...
    def hand_on(self, text: str) -> None: ...

@final
class Sandbox:
    @staticmethod
    def start(port: int, seed: int | None) -> Sandbox: ...
    @property
    def url(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def key_secret(self) -> str: ...
    @property
    def environment(self) -> list[tuple[str, str]]: ...
    def stop(self) -> None: ...
