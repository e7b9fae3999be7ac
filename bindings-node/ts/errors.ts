import type { ErrorRecord } from './native.js';

/** What kind of failure it is. The same in every language. */
export type ErrorKind =
  /** The client is not set up rightly, or the call's options are wrong. Nothing was sent. */
  | 'config'
  /** The API did not take the credentials, or no token could be had. */
  | 'auth'
  /** The credentials are right and do not allow this (403). */
  | 'permission'
  /** The call is malformed: refused before the network, or by the API (400 and its like). */
  | 'invalid_request'
  /** There is no such thing (404). A call to the wrong region looks the same. */
  | 'not_found'
  /** The call does not fit the present state (409, 412). */
  | 'conflict'
  /** Too many requests (429), also after the retries. Not carried out. */
  | 'rate_limited'
  /** A fault of the API, or an answer that it should not give. */
  | 'server'
  /** **The call may or may not have been carried out.** Look for it before calling again; see `evidence`. */
  | 'unknown_outcome'
  /** No connection could be made, or it broke. */
  | 'connect'
  /** The server's certificate was not accepted. */
  | 'tls'
  /** The time was up. `sent` tells whether the request had gone out. */
  | 'timeout'
  /** The answer of an operation that is safe to repeat could not be read. */
  | 'decode'
  /** The caller called it off. Callers who abort a signal get the signal's reason; this is what `onUnknown` gets. */
  | 'cancelled'
  /** The client is closed. */
  | 'closed'
  /** A fault of Tidings itself. Please report it. */
  | 'internal';

/** How far an exchange had come: handed over, partly answered, or answered whole without telling the outcome. */
export type Phase = 'awaiting_answer' | 'reading_answer' | 'answered';

/** What is known about a call whose outcome is unknown. With it the call can be looked for. */
export interface Evidence {
  /** How far the exchange had come. */
  readonly phase: Phase;
  /** When the call began, by this machine's clock. */
  readonly startedAt: Date;
  /** How long the call had taken, waiting and retries included, in milliseconds. */
  readonly elapsed: number;
  /** The `correlation_id` of the request. */
  readonly correlationId: string | undefined;
  /** The `message_metadata` of the request as it was written. */
  readonly messageMetadata: string | undefined;
}

/**
 * A call that failed, or a client that could not be set up. `kind` says what kind of failure it is.
 *
 * Its text holds neither a secret nor a phone number nor a message text. `body` and `evidence` may, and stay out of what
 * `console.log` and loggers show.
 *
 * ```js
 * try {
 *   await client.execute('sms.send', { body: { to: '12', text: 'Your code is 4711' } });
 * } catch (error) {
 *   if (!(error instanceof TidingsError)) throw error;
 *   console.log(error.kind, error.path); // invalid_request $.to
 * }
 * ```
 */
export class TidingsError extends Error {
  static {
    // On the prototype, as with the errors of the language: it stands in the stack, and not among the fields.
    Object.defineProperty(this.prototype, 'name', {
      value: 'TidingsError',
      configurable: true,
      writable: true,
    });
  }

  /** What kind of failure it is. */
  declare readonly kind: ErrorKind;
  /** What happened and what to do, without the operation, the kind and the ids that `message` has too. */
  declare readonly reason: string;
  /** The HTTP status, if an answer came. */
  declare readonly status: number | undefined;
  /** The API's own code, such as `INVALID_ARGUMENT`. */
  declare readonly code: string | undefined;
  /** The operation, such as `messages.send`. */
  declare readonly operation: string | undefined;
  /** Where in the call the fault is: a JSON path such as `$.to`, or the name of a parameter. */
  declare readonly path: string | undefined;
  /** The id the API gave to the request, for its support. */
  declare readonly requestId: string | undefined;
  /** Where a redirect pointed. Redirects are never followed. */
  declare readonly location: string | undefined;
  /** How many times the request was tried; 0 if it never came so far. */
  declare readonly attempts: number;
  /** Whether the API may have carried it out. `false` is certain: it has not. */
  declare readonly sent: boolean;
  /** Whether calling again later may help and cannot do the work twice. */
  declare readonly retryable: boolean;
  /** How long the API asked to wait, in milliseconds. */
  declare readonly retryAfter: number | undefined;

  readonly #body: Buffer | undefined;
  readonly #evidence: Evidence | undefined;

  /** Made by the client only. */
  constructor(made: never);
  /** @internal */
  constructor(record: ErrorRecord, cause?: unknown);
  constructor(record: ErrorRecord, cause?: unknown) {
    // What does not apply is absent, and must not be found on `Object.prototype`.
    const own = { __proto__: null, ...record } as ErrorRecord;
    const { text, message: reason, body, evidence, cause: _text, causeNumber: _number, ...fields } = own;
    super(text, cause === undefined ? undefined : { cause });
    // Only what there is becomes a field: an error is looked at in consoles.
    Object.assign(this, fields, { reason });
    this.#body = body;
    this.#evidence = evidence && {
      correlationId: undefined,
      messageMetadata: undefined,
      ...evidence,
      startedAt: new Date(evidence.startedAt),
    };
  }

  /** The body of the answer, as it came, also if it is not JSON. It may hold personal data. */
  get body(): Buffer | undefined {
    return this.#body;
  }

  /**
   * What is known about a call whose outcome is unknown; there for the kind `unknown_outcome`, and for what `onUnknown` is told
   * of.
   */
  get evidence(): Evidence | undefined {
    return this.#evidence;
  }
}
