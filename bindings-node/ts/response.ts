// A program may name no types of its own, and `Buffer` is one of these.
/// <reference types="node" preserve="true" />

import type { InspectOptions, inspect as Inspect } from 'node:util';

import type { Answered } from './native.js';

/** An answer that counts: the call was accepted. */
export class Response {
  /** The HTTP status. */
  readonly status: number;
  /** How many times the request was tried. */
  readonly attempts: number;
  /** The id the API gave to the request, for its support. */
  readonly requestId: string | undefined;

  readonly #body: Buffer;
  #headers: Headers | string;

  /** Made by the client only. */
  constructor(made: never);
  /** @internal */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- only the first is part of the surface
  constructor(answered: Answered);
  constructor([, , status, headers, body, attempts, requestId]: Answered) {
    this.status = status;
    this.attempts = attempts;
    this.requestId = requestId ?? undefined;
    this.#body = body;
    this.#headers = headers;
  }

  /** The body, byte for byte as it came. It may hold personal data. */
  get body(): Buffer {
    return this.#body;
  }

  /** The headers. */
  get headers(): Headers {
    if (typeof this.#headers === 'string') {
      const headers = new Headers();
      for (const line of this.#headers.split('\n')) {
        const end = line.indexOf(': ');
        if (end > 0) headers.append(line.slice(0, end), line.slice(end + 2));
      }
      this.#headers = headers;
    }
    return this.#headers;
  }

  /**
   * The body as the value it holds, read anew each time.
   *
   * The type is yours to name and is not checked. Throws a `SyntaxError` if the body is not JSON, as an empty one is not.
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a cast that the caller answers for
  json<T = unknown>(): T {
    return JSON.parse(this.#body.toString()) as T;
  }

  /** Shows how long the body is, and not what is in it. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: InspectOptions,
    inspect: typeof Inspect,
  ): string {
    const { status, attempts, requestId } = this;
    return `Response ${inspect({ status, attempts, requestId, body: `${String(this.#body.length)} bytes` }, options)}`;
  }
}
