/**
 * The Conversation API on your machine, for tests: no account, no phone and no network is needed.
 *
 * ```js
 * const sandbox = await Sandbox.start();
 * const client = sandbox.client({ appId });
 * await client.execute('sms.send', { body: { to: '+46701234567', text: 'Your code is 4711' } });
 * await client.execute('sandbox.run_until_idle');
 * console.log((await client.execute('sandbox.ledger')).json().arrivals);
 * await sandbox.stop();
 * ```
 *
 * Its control plane is an API like any other: the operations `sandbox.ledger`, `sandbox.add_fault`, `sandbox.list_requests`
 * and so on.
 *
 * @module
 */

import { CLIENT_OPTIONS, Client } from './client.js';
import type { ClientOptions } from './client.js';
import * as given from './given.js';
import { native } from './native.js';
import type { NativeSandbox } from './native.js';

/** How a sandbox is set up. */
export interface SandboxOptions {
  /** The port on 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number | undefined;
  /** What ids and delays are drawn from, a whole number below 2^32; 1 by default. */
  readonly seed?: number | undefined;
}

const SANDBOX_OPTIONS: given.Names<SandboxOptions> = { port: 'number', seed: 'number' };

/** Sandboxes that run. Without this list one that nobody holds, but its address, would stop at the next collection. */
const running = new Set<NativeSandbox>();

/** A running sandbox. It does not keep the process alive, and ends with it. */
export class Sandbox {
  readonly #native: NativeSandbox;

  private constructor(started: NativeSandbox) {
    // `private` says nothing to callers without a compiler.
    if (!(started instanceof native.Sandbox)) throw new TypeError('a sandbox is made with Sandbox.start()');
    this.#native = started;
    running.add(started);
  }

  /**
   * Starts a sandbox on 127.0.0.1. When the promise resolves, it answers.
   *
   * @throws An `Error` if the port is taken, or an option makes no sense; a `TypeError` if an option has another type, or
   *   there is none of that name.
   */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const { port, seed } = given.options(options, SANDBOX_OPTIONS);
    try {
      return new Sandbox(await native.Sandbox.start(port, seed));
    } catch (thrown) {
      // Anew, since errors from Node's pool of threads have no stack.
      throw new Error(`the sandbox could not be started: ${(thrown as Error).message}`);
    }
  }

  /** Where it answers, such as `http://127.0.0.1:40123`. */
  get url(): string {
    return this.#native.url;
  }

  /** The id of the access key. */
  get keyId(): string {
    return this.#native.keyId;
  }

  /** The secret of the access key. */
  get keySecret(): string {
    return this.#native.keySecret;
  }

  /** A client of the sandbox. What the options say counts more. */
  client(options: ClientOptions = {}): Client {
    const { url: baseUrl, keyId, keySecret } = this;
    const taken = given.options(options, CLIENT_OPTIONS);
    return new Client({ projectId: 'sandbox-project', baseUrl, keyId, keySecret, ...taken });
  }

  /** Stops it, within a quarter of a second. Doing it again changes nothing. */
  async stop(): Promise<void> {
    running.delete(this.#native);
    await this.#native.stop();
  }

  /** The same as {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
