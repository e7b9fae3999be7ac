import { property } from './given.js';
import type { ErrorRecord, NativeTokenTicket } from './native.js';

/** A bearer token. */
export type Token =
  | string
  | {
      /** The token itself. */
      readonly token: string;
      /**
       * How long it is good from now on, in **milliseconds** (`expires_in` of OAuth2 is in seconds). Without it the token
       * itself is asked, if it is a JWT.
       */
      readonly expiresIn?: number | undefined;
    };

/**
 * The app's own way to get tokens, for instance from its backend. It is called when a new token is needed, by one call at
 * a time, and has 10 seconds. If it throws, the calls that wait for the token fail with the kind `auth` and what was thrown
 * as their `cause`; the next call asks again. It must not call the client that it belongs to: that call would wait for the
 * very token. Another client is fine.
 *
 * ```js
 * const tokenProvider = async () => {
 *   const answer = await fetch(tokenUrl, { method: 'POST' });
 *   const { access_token, expires_in } = await answer.json();
 *   return { token: access_token, expiresIn: expires_in * 1000 };
 * };
 * const client = new Client({ projectId, tokenProvider, region: 'eu', baseUrl, appId });
 * await client.execute('apps.list');
 * ```
 */
export type TokenProvider = () => Token | Promise<Token>;

/**
 * A provider with what it failed with last.
 *
 * @internal
 */
export class TokenSource {
  readonly #provider: TokenProvider;
  #failures = 0;
  #thrown: unknown;

  constructor(provider: TokenProvider) {
    this.#provider = provider;
  }

  /** Asks the provider, and answers the ticket in any case. */
  async answer(ticket: NativeTokenTicket): Promise<void> {
    try {
      const provider = this.#provider; // called without a `this`
      const token: unknown = await provider();
      const fields = typeof token === 'object' && token !== null ? token : undefined;
      const text = fields ? property(fields, 'token') : token;
      const expiresIn = fields && property(fields, 'expiresIn');
      if (typeof text !== 'string' || (expiresIn !== undefined && typeof expiresIn !== 'number')) {
        throw new TypeError(
          'the token provider must return a token: a string, or { token: string, expiresIn?: number }',
        );
      }
      ticket.answer(text, expiresIn);
    } catch (thrown) {
      this.#failures += 1;
      this.#thrown = thrown;
      ticket.fail(described(thrown), this.#failures);
    }
  }

  /** What is behind an error: the very thing the provider threw, if it is the latest; else as text, if anything is known. */
  cause(record: ErrorRecord): unknown {
    return property(record, 'causeNumber') === this.#failures ? this.#thrown : property(record, 'cause');
  }
}

/** Anything can be thrown, also what cannot be shown. */
export function described(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'it threw something that has no text';
  }
}
