"""The one exception of the package, made from the engine's record of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from datetime import datetime


class EvidenceFields(TypedDict):
    """What the engine knows about a call whose outcome is unknown."""

    phase: str
    started_at: datetime
    elapsed: float
    correlation_id: str | None
    message_metadata: str | None


class Failure(TypedDict):
    """The engine's record of an error."""

    kind: str
    message: str
    text: str
    status: int | None
    code: str | None
    operation: str | None
    path: str | None
    request_id: str | None
    location: str | None
    attempts: int
    sent: bool
    retryable: bool
    retry_after: float | None
    body: bytes | None
    evidence: EvidenceFields | None
    cause: str | None
    cause_number: int | None


class Evidence:
    """What is known about a call whose outcome is unknown. With it the call can be looked for, in receipts or in a list
    of messages."""

    __module__ = "tidings"
    __slots__ = ("correlation_id", "elapsed", "message_metadata", "phase", "started_at")

    phase: str
    """How far the exchange had come: `awaiting_answer`, `reading_answer` or `answered`."""
    started_at: datetime
    """When the call began, in UTC, by this machine's clock."""
    elapsed: float
    """How long the call had taken, in seconds."""
    correlation_id: str | None
    """The `correlation_id` of the request."""
    message_metadata: str | None
    """The `message_metadata` of the request as it was written. It may be personal, so it is not shown by `repr`."""

    def __init__(
        self,
        *,
        phase: str,
        started_at: datetime,
        elapsed: float,
        correlation_id: str | None = None,
        message_metadata: str | None = None,
    ) -> None:
        self.phase = phase
        self.started_at = started_at
        self.elapsed = elapsed
        self.correlation_id = correlation_id
        self.message_metadata = message_metadata

    def __repr__(self) -> str:
        return f"<tidings.Evidence {self.phase}, began {self.started_at.isoformat()}, took {self.elapsed:.3f} s>"


class TidingsError(Exception):
    """A call that failed, or a client that could not be set up.

    Its text says what happened and what to do, and holds nothing personal; `body` and `evidence` may. If the app's own
    token provider failed, its exception is the `__cause__`. It can be pickled.
    """

    __module__ = "tidings"

    kind: str
    """What kind of failure it is, the same in every language: `config`, `auth`, `permission`, `invalid_request`,
    `not_found`, `conflict`, `rate_limited`, `server`, `unknown_outcome`, `connect`, `tls`, `timeout`, `decode`,
    `cancelled`, `closed` or `internal`. More may come."""
    message: str
    """What happened and what to do; `str(error)` has operation, place, status and request as well."""
    status: int | None
    """The HTTP status, if an answer came."""
    code: str | None
    """The API's own code, such as `INVALID_ARGUMENT`."""
    operation: str | None
    """The operation, such as `messages.send`; None if the client could not be set up."""
    path: str | None
    """Where in the call the fault is: a JSON path such as `$.to`, or the name of a parameter."""
    request_id: str | None
    """The id the API gave to the request, for its support."""
    location: str | None
    """Where a redirect pointed. Redirects are never followed."""
    attempts: int
    """How many times the request was tried; 0 if it never came so far."""
    sent: bool
    """Whether the call may have been carried out. False is certain: it was not, and nothing of it will be."""
    retryable: bool
    """Whether calling again later may help and cannot do the work twice."""
    retry_after: float | None
    """How long the API asked to wait, in seconds."""
    body: bytes | None
    """The body of the answer, as it came, also if it is not JSON."""
    evidence: Evidence | None
    """What is known about a call that may or may not have been carried out."""

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        text: str | None = None,
        status: int | None = None,
        code: str | None = None,
        operation: str | None = None,
        path: str | None = None,
        request_id: str | None = None,
        location: str | None = None,
        attempts: int = 0,
        sent: bool = False,
        retryable: bool = False,
        retry_after: float | None = None,
        body: bytes | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        super().__init__(message if text is None else text)
        self.kind = kind
        self.message = message
        self.status = status
        self.code = code
        self.operation = operation
        self.path = path
        self.request_id = request_id
        self.location = location
        self.attempts = attempts
        self.sent = sent
        self.retryable = retryable
        self.retry_after = retry_after
        self.body = body
        self.evidence = evidence

    @classmethod
    def within(cls, exception: BaseException | None) -> TidingsError | None:
        """What an exception that cut a call short says of the call: the TidingsError among its causes and contexts, the
        nearest one, causes first. None if there is none, and for None.

        For CancelledError, for the TimeoutError of `asyncio.wait_for` and `asyncio.timeout`, and for KeyboardInterrupt.
        The error that it finds is of kind `cancelled`, and `sent` tells whether the call may have been carried out.
        There is none if the call was certainly not carried out, or could change nothing. On Python 3.10 there is none
        either for a KeyboardInterrupt that comes out of `asyncio.run`, which has lost it.

            try:
                await asyncio.wait_for(client.execute("sms.send", body=body), 2)
            except asyncio.TimeoutError as error:
                known = TidingsError.within(error)
                if known is not None and known.sent:
                    ...  # it may have been sent: known.evidence says how to find out
        """
        to_look_at, seen = [exception], set[int]()
        while to_look_at:
            error = to_look_at.pop()
            if error is None or id(error) in seen:
                continue
            if isinstance(error, TidingsError):
                return error
            seen.add(id(error))
            to_look_at += [error.__context__, error.__cause__]
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        # What pickle does by itself calls the class with the text alone.
        return _restored, (type(self), *self.args), self.__dict__


def _restored(cls: type[TidingsError], *args: Any) -> TidingsError:
    return cls.__new__(cls, *args)


def error_of(failure: Failure) -> TidingsError:
    """The exception of a record, without its cause."""
    evidence = failure["evidence"]
    return TidingsError(
        failure["message"],
        kind=failure["kind"],
        text=failure["text"],
        status=failure["status"],
        code=failure["code"],
        operation=failure["operation"],
        path=failure["path"],
        request_id=failure["request_id"],
        location=failure["location"],
        attempts=failure["attempts"],
        sent=failure["sent"],
        retryable=failure["retryable"],
        retry_after=failure["retry_after"],
        body=failure["body"],
        evidence=None if evidence is None else Evidence(**evidence),
    )


def explain(interruption: BaseException, known: Failure) -> None:
    """Gives an exception that has interrupted a call what is known of it as its cause, behind causes that it has."""
    last = interruption
    while last.__cause__ is not None:
        last = last.__cause__
    last.__cause__ = error_of(known)
