"""What the two clients share: options, the call's arguments, and what becomes of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, TypeVar, cast

from tidings._errors import Failure, TidingsError, error_of, explain
from tidings._events import Listeners, RetryListener, UnknownListener
from tidings._native import Engine, Response
from tidings._statistics import Statistics
from tidings._token import Provider, failed
from tidings._typing import Self

Scalar: TypeAlias = str | int | bool
Parameters: TypeAlias = Mapping[str, Scalar] | Iterable[tuple[str, Scalar]]
"""Names and values. As pairs, a name may come more than once."""

_Pairs: TypeAlias = "list[tuple[str, str]] | None"
Arguments: TypeAlias = "tuple[str, _Pairs, _Pairs, bytes | None, float | None, float | None, bool, _Pairs]"
"""A call as the engine takes it: operation, path, query, body, timeout, retries, whether to replay, headers."""

P = TypeVar("P", bound=Callable[[], Any])


class BaseClient(Generic[P]):
    """A client without its calls."""

    __slots__ = ("__weakref__", "_engine", "_listeners", "_provider", "_shown")

    _engine: Engine
    _listeners: Listeners | None
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
        backoff_base: float | None = None,
        backoff_cap: float | None = None,
        retry_budget: int | None = None,
        max_concurrency: int | None = None,
        queue_timeout: float | None = None,
        rate_limit: int | None = None,
        no_rate_limit: bool = False,
        ca_certs: str | bytes | None = None,
        client_certificate: str | bytes | None = None,
        proxy: str | None = None,
        no_proxy: bool = False,
        allow_insecure: bool = False,
        on_retry: RetryListener | None = None,
        on_unknown: UnknownListener | None = None,
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
        backoff_base: bound of the first pause before a retry, in seconds; 0.25 by default. It doubles from retry to
            retry, and the pause is a random time below it.
        backoff_cap: bound of every such pause, in seconds; 8 by default.
        retry_budget: the retries in reserve for all calls together; 100 by default. One comes back every second, and
            one for every ten calls that are accepted. Retries after 429 are not counted.
        max_concurrency: the most attempts at a time, at least 1; 256 by default. Further ones wait for their turn.
        queue_timeout: how long an attempt may wait for its turn among them, in seconds; 30 by default. The call then
            ends with `timeout`, and what waited was not sent.
        rate_limit: the most requests a second, evenly spaced and retries included, at least 1; 800 by default, as the
            API allows. All clients of this process with the same project, address and rate share it.
        no_rate_limit: send without a limit of our own. Those of the API hold all the same.
        ca_certs: certificates that are trusted beside the system's, one or more in PEM: the text itself, not a path.
        client_certificate: a certificate, its chain and its private key in PEM, to show to the server.
        proxy: the proxy for everything, `http://` or `https://`, with `user:password@` where it wants them. By default
            it is the one of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`. What `NO_PROXY` names goes
            directly, and so does everything for this machine.
        no_proxy: send directly, whatever proxy the environment names.
        allow_insecure: take a plain `http://` base URL for another machine.
        on_retry: your own function, called before every retry with the TidingsError that made it necessary and the
            pause before it in seconds.
        on_unknown: your own function, called with the TidingsError of each call that may have been carried out and
            whose caller cannot know: once, with its evidence, whether it ended with `unknown_outcome` or was called off
            (`cancelled`).

        on_retry and on_unknown are called one after the other, in the order things happened, on a thread of their own
        that is there while something is to be told. They hold up no call and no event loop, and no call waits for
        them; for a loop there is its `call_soon_threadsafe`. What they raise goes to `sys.unraisablehook` and changes
        nothing. They are called also when nobody has the client any more, but not when the program has ended.

        Raises TidingsError of kind `config` for options that make no sense, TypeError for those of a wrong type, and
        ValueError for text with half of a surrogate pair.
        """
        options = {**locals()}
        del (
            key_id,
            key_secret,
            token,
            client_certificate,
            proxy,
        )  # or error reports that show variables show them, if options are refused
        self._open(options, from_environment=False)

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
        backoff_base: float | None = None,
        backoff_cap: float | None = None,
        retry_budget: int | None = None,
        max_concurrency: int | None = None,
        queue_timeout: float | None = None,
        rate_limit: int | None = None,
        no_rate_limit: bool = False,
        ca_certs: str | bytes | None = None,
        client_certificate: str | bytes | None = None,
        proxy: str | None = None,
        no_proxy: bool = False,
        allow_insecure: bool = False,
        on_retry: RetryListener | None = None,
        on_unknown: UnknownListener | None = None,
    ) -> Self:
        """Makes a client from the environment; the same options, where given, count more.

        Reads `SINCH_PROJECT_ID`, `SINCH_KEY_ID`, `SINCH_KEY_SECRET`, `SINCH_REGION`, optionally `SINCH_APP_ID`, and
        `TIDINGS_BASE_URL`, with which the region is optional. An empty variable counts as unset. The error of kind
        `config` names everything that is missing. Of a subclass, `__init__` is not run.
        """
        options = {**locals()}
        del key_id, key_secret, token, client_certificate, proxy
        client = cls.__new__(cls)
        client._open(options, from_environment=True)
        return client

    def _open(self, options: dict[str, Any], *, from_environment: bool) -> None:
        try:
            token_provider = options["token_provider"]
            self._provider = None if token_provider is None else self._accepted(Provider(token_provider))
            self._listeners = Listeners.of(options["on_retry"], options["on_unknown"], self._provider)
            engine = Engine.open(options, from_environment, self._provider, self._listeners, explain)
            shown = ((name, options[name]) for name in ("project_id", "region", "app_id"))
            self._shown = " ".join(f"{name}={value!r}" for name, value in shown if value is not None)
        finally:
            options.clear()
        if not isinstance(engine, Engine):
            raise error_of(engine)
        self._engine = engine
        if self._listeners is not None:
            self._listeners.engine = engine

    def statistics(self) -> Statistics:
        """What the client has done so far, in numbers. In a forked child it begins anew."""
        return Statistics(*self._engine.statistics())

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            # Asked for what is missing only: the parts of a client that was never set up.
            if name == "_shown":
                return "not set up"
            if name in {"_engine", "_listeners", "_provider"}:
                message = "the client was not set up: a subclass must call super().__init__, and options be accepted"
                raise TidingsError(message, kind="config")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client cannot be copied or pickled: share it, or make a client in each process")

    def _accepted(self, provider: Provider) -> Provider:
        return provider

    def _answer(self, outcome: Response | Failure) -> Response:
        if isinstance(outcome, Response):
            return outcome
        raise failed(outcome, self._provider)

    def __repr__(self) -> str:
        return f"<tidings.{type(self).__name__}{' ' * bool(self._shown)}{self._shown}>"


def arguments(
    operation: str,
    path: Parameters | None,
    query: Parameters | None,
    body: object,
    timeout: float | None,
    max_retries: int | None,
    replay_unknown: bool,
    headers: Parameters | None,
) -> Arguments:
    """A call as the engine takes it; see `Client.execute`."""
    return (
        operation,
        None if path is None else _pairs("path", path),
        None if query is None else _pairs("query", query),
        None if body is None else _encoded(body),
        timeout,
        max_retries,
        replay_unknown,
        None if headers is None else _pairs("headers", headers),
    )


def _pairs(argument: str, parameters: object) -> list[tuple[str, str]]:
    if not isinstance(parameters, Iterable) or isinstance(parameters, str | bytes):
        raise TypeError(f"{argument} must be a mapping or pairs of names and values, not {type(parameters).__name__}")
    items = cast("Iterable[object]", parameters.items() if isinstance(parameters, Mapping) else parameters)
    return [_pair(argument, item) for item in items]


def _pair(argument: str, item: object) -> tuple[str, str]:
    pair: Any = item
    if not isinstance(item, tuple | list) or len(pair) != 2:
        raise TypeError(f"{argument} must be pairs of names and values, and one is {type(pair).__name__}")
    name, value = pair
    if not isinstance(name, str):
        raise TypeError(f"a name in {argument} must be a string, not {type(name).__name__}")
    return name, value if isinstance(value, str) else _text(argument, name, value)


def _text(argument: str, name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            what = type(value).__name__
            raise TypeError(f"{name} in {argument} must be a string, a whole number or a truth value, not {what}")


def _object(value: object) -> dict[Any, Any]:
    """A mapping of any make, as JSON can have it."""
    mapping: Any = value
    if isinstance(value, Mapping):
        return dict(mapping)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_object).encode


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
