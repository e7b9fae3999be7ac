"""A sandbox with an app that has an SMS channel, and how a test looks into it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tidings.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

TO = "+46701234567"
SMS = {"to": TO, "text": "Your code is 4711"}
NEW_APP = {
    "channel_credentials": [{"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "token"}}],
    "display_name": "tests",
}
PATIENCE = 60.0


class World:
    def __init__(self) -> None:
        self.sandbox = Sandbox.start()
        self.control = self.sandbox.client()
        self.app_id: str = self.control.execute("apps.create", body=NEW_APP).json()["id"]
        self.client = self.sandbox.client(app_id=self.app_id)

    @property
    def options(self) -> dict[str, Any]:
        """What makes a client of this world."""
        sandbox = self.sandbox
        return {
            "project_id": sandbox.environment["SINCH_PROJECT_ID"],
            "key_id": sandbox.key_id,
            "key_secret": sandbox.key_secret,
            "base_url": sandbox.url,
            "app_id": self.app_id,
        }

    @property
    def environment(self) -> dict[str, str]:
        """What leads another process here."""
        return {**self.sandbox.environment, "SINCH_APP_ID": self.app_id}

    def texts(self, to: str = TO) -> list[str]:
        """What the handset got, after everything that is planned has happened."""
        self.control.execute("sandbox.run_until_idle")
        arrivals = self.control.execute("sandbox.ledger", query={"to": to}).json()["arrivals"]
        return [arrival["text"] for arrival in arrivals]

    def requests(self, operation: str = "messages.send") -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = self.control.execute(
            "sandbox.list_requests", query={"operation": operation}
        ).json()["requests"]
        return requests

    def fault(self, action: str, *, operation: str = "messages.send", times: int = 1) -> None:
        """A fault that strikes when the request was carried out."""
        fault = {"stage": "AFTER_ACCEPT", "action": action, "operation": operation, "times": times}
        self.control.execute("sandbox.add_fault", body=fault)

    def answer(self, status: int, *, operation: str, times: int = 1) -> None:
        """Has requests refused before they are carried out. 429 asks to come again at once."""
        answer = {"status": status, "body": "{}", "headers": {"retry-after": "0"} if status == 429 else {}}
        fault = {"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": operation, "times": times}
        self.control.execute("sandbox.add_fault", body={**fault, **answer})

    def until_it_came(self, operation: str = "messages.send", number: int = 1) -> None:
        """Waits until the sandbox has that many requests."""
        until(lambda: len(self.requests(operation)) >= number)

    def until_abandoned(self, number: int = 1) -> None:
        """Waits until the sandbox has seen the sockets of that many sends closed."""
        until(lambda: sum(request.get("abandoned", False) for request in self.requests()) >= number)

    def token(self) -> str:
        """A token that is good."""
        granted = self.control.execute("auth.token", body={"grant_type": "client_credentials"})
        token: str = granted.json()["access_token"]
        return token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.client.close()
        self.control.close()
        self.sandbox.stop()


def until(condition: Callable[[], bool]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
