"""What a client has done, in numbers."""

from __future__ import annotations

from typing import NamedTuple


class Statistics(NamedTuple):
    """What a client has done since it was made. A snapshot: the numbers are read one after the other.

    Every call is counted in one of `accepted`, `failed`, `unknown` and `cancelled` once it has ended.
    """

    calls: int
    """Calls that have begun, also those that were refused before the network."""
    accepted: int
    """Calls that were accepted."""
    failed: int
    """Calls that ended with an error, other than those of which nobody knows."""
    unknown: int
    """Calls that may have been carried out and whose caller cannot know: the ones that `on_unknown` is told of."""
    cancelled: int
    """Calls that were called off and are certain not to have been carried out, or do no harm if they were."""
    attempts: int
    """Requests that went out, or were tried to; those for tokens are not counted."""
    retries: int
    """Attempts that were not the first of their call."""
    token_fetches: int
    """Requests for a token: to the token endpoint or to the app's own provider."""
    waiting: int
    """Attempts that wait for their turn, because of the concurrency or the rate."""
    under_way: int
    """Calls that have begun and not ended."""


Statistics.__module__ = "tidings"
