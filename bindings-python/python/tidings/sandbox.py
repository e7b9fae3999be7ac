"""The Sinch Conversation API on this machine, for tests and for learning: no account, no phone, no network.

    from tidings.sandbox import Sandbox

    with Sandbox.start() as sandbox, sandbox.client() as client:
        client.execute("sandbox.ledger").json()

Its control plane is an API like any other: `sandbox.ledger` says what each handset got, `sandbox.add_fault` sets a
fault, `sandbox.run_until_idle` lets everything that is planned happen now, `sandbox.list_requests` lists what it saw.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from tidings import _native
from tidings._async_client import AsyncClient
from tidings._base import BaseClient
from tidings._client import Client
from tidings._typing import Self

__all__ = ["Sandbox"]

C = TypeVar("C", bound=BaseClient[Any])

_sandboxes: WeakKeyDictionary[BaseClient[Any], _native.Sandbox] = WeakKeyDictionary()
"""What keeps a sandbox alive while it has a client, even if nobody else holds it."""


class Sandbox:
    """A running sandbox, with a thread of its own in this process. Not for a forked child, which has its parent's."""

    __slots__ = ("_sandbox",)

    def __init__(self, sandbox: _native.Sandbox) -> None:
        self._sandbox = sandbox

    @classmethod
    def start(cls, *, port: int = 0, seed: int | None = None) -> Self:
        """Starts a sandbox on 127.0.0.1. When this returns, it answers.

        port: 0, the default, takes any free one.
        seed: what ids, nonces and delays are drawn from; 1 by default.

        Raises OSError for a port that is taken, OverflowError for a number that is none.
        """
        return cls(_native.Sandbox.start(port, seed))

    def stop(self) -> None:
        """Stops it: requests under way have a quarter of a second to end, then every connection is closed. Doing it
        again changes nothing."""
        self._sandbox.stop()

    @property
    def url(self) -> str:
        """Where it answers, such as `http://127.0.0.1:40123`: the `base_url` of a client."""
        return self._sandbox.url

    @property
    def key_id(self) -> str:
        """The id of the access key. It is good for every project."""
        return self._sandbox.key_id

    @property
    def key_secret(self) -> str:
        """The secret of the access key."""
        return self._sandbox.key_secret

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the environment that lead `Client.from_env` here."""
        return dict(self._sandbox.environment)

    def client(self, *, app_id: str | None = None) -> Client:
        """A client of it. While there is one, the sandbox goes on until `stop`."""
        return self._kept_by(Client(**self._options(app_id)))

    def async_client(self, *, app_id: str | None = None) -> AsyncClient:
        """The same for asyncio."""
        return self._kept_by(AsyncClient(**self._options(app_id)))

    def _options(self, app_id: str | None) -> dict[str, Any]:
        project_id = self.environment["SINCH_PROJECT_ID"]
        return {
            "project_id": project_id,
            "key_id": self.key_id,
            "key_secret": self.key_secret,
            "base_url": self.url,
            "app_id": app_id,
        }

    def _kept_by(self, client: C) -> C:
        _sandboxes[client] = self._sandbox
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<tidings.sandbox.Sandbox at {self.url}>"
