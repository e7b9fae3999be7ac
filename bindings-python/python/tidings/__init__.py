"""A client for the Sinch Conversation API: SMS, WhatsApp, RCS and ten more channels.

    from tidings import Client

    with Client.from_env() as client:
        sent = client.execute("sms.send", body={"to": "+46701234567", "text": "Your code is 4711"})
        print(sent.json()["message_id"])

`AsyncClient` is its twin for asyncio. Every failure is a `TidingsError`; the one of kind `unknown_outcome` says that
nobody knows whether the call was carried out, and nothing is sent a second time behind your back. `tidings.sandbox`
plays the API on this machine, for tests.

Tidings is independent: neither affiliated with nor endorsed by Sinch, whose name belongs to its owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings._client import Client
from tidings._errors import Evidence, TidingsError
from tidings._native import Response, __version__
from tidings._statistics import Statistics

if TYPE_CHECKING:
    from tidings._async_client import AsyncClient

__all__ = ["AsyncClient", "Client", "Evidence", "Response", "Statistics", "TidingsError", "__version__"]


def __getattr__(name: str) -> object:
    # asyncio is the larger part of what an import would cost, and many programs have no use for it.
    if name == "AsyncClient":
        from tidings._async_client import AsyncClient

        return AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
