"""What the two clients share: options, the call's arguments, and what becomes of an answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from tidings._errors import error_of
from tidings._native import Engine, Response
from tidings._token import Provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from tidings._errors import Failure, TidingsError

Scalar: TypeAlias = str | int | bool
Parameters: TypeAlias = Mapping[str, Scalar] | Iterable[tuple[str, Scalar]]
"""Names and values. As pairs, a name may come more than once."""

_Pairs: TypeAlias = "list[tuple[str, str]] | None"
Arguments: TypeAlias = "tuple[str, _Pairs, _Pairs, bytes | None, float | None, float | None, _Pairs]"
"""A call as the engine takes it: operation, path, query, body, timeout, retries, headers."""

P = TypeVar("P", bound="Callable[[], Any]")


class BaseClient(Generic[P]):
    """A client without its calls."""

    __slots__ = ("__weakref__", "_engine", "_provider", "_shown")

    _engine: Engine
    _provider: Provider | None
    _shown: str

    def __init__(
        self,
        *,
        project_id: str | None = None,
        key_id: str | None = None,
        key_secret: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        app_id: str | None = None,
        token: str | None = None,
        token_provider: P | None = None,
        basic_authentication: bool = False,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        attempt_timeout: float | None = None,
        max_retries: int | None = None,
        allow_insecure: bool = False,
    ) -> None:
        """Checks the options and makes a client. No I/O and no thread: these come with the first call.

        Say the project, the region or the base URL, and the credentials: an access key, a token, or a token provider.

        project_id: the project's id.
        key_id, key_secret: the access key, traded for tokens. For servers only: never ship a secret in an app.
        region: `us`, `eu` or `br`, the one the app was made in. There is no default.
        base_url: one address for every host, such as that of a sandbox, instead of a region.
        app_id: the app that is meant where a call needs one and names none.
        token: one fixed bearer token. It is not renewed.
        token_provider: your own function that returns a token that is good from now on, or a token and its life in
            seconds. It is asked when a token is needed, once for all calls that wait, on a thread of its own, and has
            ten seconds. For AsyncClient it may be a coroutine function, which runs as a task on the loop that has most
            recently started a call. What it raises is the `__cause__` of an error of kind `auth`.
        basic_authentication: send the access key itself with every call. For tests only.
        timeout: how long a call may take in seconds, all waiting and retries included; 30 by default.
        connect_timeout: how long a connection may take to come up, in seconds; 5 by default.
        attempt_timeout: how long one attempt may take, in seconds; 10 by default. A send that was handed over is not
            cut off by it.
        max_retries: the most retries of one call; 3 by default, 0 switches them off.
        allow_insecure: take a plain `http://` base URL for another machine.

        Raises TidingsError of kind `config` for options that make no sense, and TypeError for those of a wrong type.
        """
        self._open(token_provider, locals(), from_environment=False)

    @classmethod
    def from_env(
        cls,
        *,
        project_id: str | None = None,
        key_id: str | None = None,
        key_secret: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        app_id: str | None = None,
        token: str | None = None,
        token_provider: P | None = None,
        basic_authentication: bool = False,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        attempt_timeout: float | None = None,
        max_retries: int | None = None,
        allow_insecure: bool = False,
    ) -> Self:
        """Makes a client from the environment; the same options, where given, count more.

        Reads `SINCH_PROJECT_ID`, `SINCH_KEY_ID`, `SINCH_KEY_SECRET`, `SINCH_REGION`, optionally `SINCH_APP_ID`, and
        `TIDINGS_BASE_URL`, with which the region is optional. An empty variable counts as unset. The error of kind
        `config` names everything that is missing.
        """
        options = locals()  # all of the above by name, and `cls`, which nobody looks up
        client = cls.__new__(cls)
        client._open(token_provider, options, from_environment=True)
        return client

    def _open(self, token_provider: P | None, options: dict[str, Any], *, from_environment: bool) -> None:
        self._provider = None if token_provider is None else self._accepted(Provider(token_provider))
        asked = None if self._provider is None else (self._provider.number, self._provider.on_loop)
        engine = Engine.open(options, from_environment, asked)
        if not isinstance(engine, Engine):
            raise error_of(engine)
        self._engine = engine
        shown = ((name, options[name]) for name in ("project_id", "region", "app_id"))
        self._shown = " ".join(f"{name}={value!r}" for name, value in shown if value is not None)

    def _accepted(self, provider: Provider) -> Provider:
        return provider

    def _answer(self, outcome: Response | Failure) -> Response:
        if isinstance(outcome, Response):
            return outcome
        raise self._error(outcome)

    def _error(self, failure: Failure) -> TidingsError:
        error = error_of(failure)
        if failure["cause"] is not None:
            cause = None if self._provider is None else self._provider.failure(failure["cause_number"])
            error.__cause__ = RuntimeError(failure["cause"]) if cause is None else cause
        return error

    def __repr__(self) -> str:
        return f"<tidings.{type(self).__name__}{' ' * bool(self._shown)}{self._shown}>"


def arguments(
    operation: str,
    path: Parameters | None,
    query: Parameters | None,
    body: object,
    timeout: float | None,
    max_retries: int | None,
    headers: Parameters | None,
) -> Arguments:
    """A call as the engine takes it; see `Client.execute`."""
    return (
        operation,
        None if path is None else _pairs(path),
        None if query is None else _pairs(query),
        None if body is None else _encoded(body),
        timeout,
        max_retries,
        None if headers is None else _pairs(headers),
    )


def _pairs(parameters: Parameters) -> list[tuple[str, str]]:
    items = cast("Iterable[tuple[str, Scalar]]", parameters.items() if isinstance(parameters, Mapping) else parameters)
    return [(name, value if isinstance(value, str) else _text(name, value)) for name, value in items]


def _text(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            raise TypeError(f"{name} must be a string, a whole number or a truth value, not {type(value).__name__}")


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _encoded(body: object) -> bytes:
    match body:
        case dict():
            return _encode(body).encode()
        case bytes():
            return body
        case str():
            return body.encode()
        case bytearray():
            return bytes(body)
        case memoryview():
            return body.tobytes()
        case _:
            return _encode(body).encode()
