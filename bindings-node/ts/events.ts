import { TidingsError } from './errors.js';
import type { ErrorRecord } from './native.js';
import { described } from './token.js';
import type { TokenSource } from './token.js';

/**
 * The app's own function that is told of every retry, before it: what made it necessary, and the pause before it in
 * milliseconds. What it throws, or its promise is rejected with, is a warning of the process and changes nothing.
 */
export type RetryListener = (error: TidingsError, pause: number) => unknown;

/**
 * The app's own function that is told of every call that may have been carried out and whose caller cannot know: once, with
 * its evidence, whether it ended with the kind `unknown_outcome` or was called off (`cancelled`). It is told before the call
 * itself rejects, unless that was called off. What it throws, or its promise is rejected with, is a warning of the process and
 * changes nothing.
 *
 * ```js
 * const onUnknown = (error) => {
 *   console.log('look for it before you send it again:', error.operation, error.evidence?.messageMetadata);
 * };
 * const client = new Client({ projectId, keyId, keySecret, baseUrl, appId, onUnknown });
 * await client.execute('sms.send', { body: { to: '+46701234567', text: 'Your code is 4711' } });
 * ```
 */
export type UnknownListener = (error: TidingsError) => unknown;

/**
 * A function of the app, with what is needed to tell it.
 *
 * @internal
 */
export class Listener {
  readonly #name: string;
  readonly #told: (error: TidingsError, pause: number) => unknown;
  readonly #tokens: TokenSource | undefined;

  constructor(
    name: string,
    told: (error: TidingsError, pause: number) => unknown,
    tokens: TokenSource | undefined,
  ) {
    this.#name = name;
    this.#told = told;
    this.#tokens = tokens;
  }

  /** Calls it. Never rejects: nobody waits for it. */
  async tell(record: ErrorRecord, pause: number | null): Promise<void> {
    try {
      const error = new TidingsError(record, this.#tokens?.cause(record));
      const told = this.#told; // called without a `this`
      await (pause === null ? (told as UnknownListener)(error) : told(error, pause));
    } catch (thrown) {
      process.emitWarning(new ListenerWarning(this.#name, thrown));
    }
  }
}

/** What becomes of an exception that nobody waits for: Node.js shows it, and goes on. */
class ListenerWarning extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'TidingsWarning' });
  }

  /** Node.js shows this below the message. */
  readonly detail: string | undefined;

  constructor(name: string, thrown: unknown) {
    super(`${name} threw: ${described(thrown)}`, { cause: thrown });
    this.detail = thrown instanceof Error ? thrown.stack : undefined;
  }
}
