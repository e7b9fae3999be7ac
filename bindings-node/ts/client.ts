import { isUint8Array } from 'node:util/types';

import { bridge } from './bridge.js';
import type { Ended } from './bridge.js';
import { TidingsError } from './errors.js';
import { FAILED, native } from './native.js';
import type { NativeCallHandle, NativeEngine, Pairs } from './native.js';
import { Response } from './response.js';
import { TokenSource } from './token.js';
import type { TokenProvider } from './token.js';

/**
 * How a client is set up. Credentials are given in one way: an access key (`keyId` and `keySecret`), a `token` or a
 * `tokenProvider`. All times are in milliseconds.
 */
export interface ClientOptions {
  /** The project's id. */
  readonly projectId?: string | undefined;
  /** The access key's id. */
  readonly keyId?: string | undefined;
  /** The access key's secret. For servers: it must never be part of an app on somebody's device. */
  readonly keySecret?: string | undefined;
  /** One fixed bearer token. It is never renewed. */
  readonly token?: string | undefined;
  /** The app's own way to get tokens. */
  readonly tokenProvider?: TokenProvider | undefined;
  /** Send the access key itself with every call (HTTP Basic). For tests only; the API limits it hard. */
  readonly basicAuthentication?: boolean | undefined;
  /** `us`, `eu` or `br`: the region the app was made in. There is no default. */
  readonly region?: string | undefined;
  /** One address for every host, for instance of a sandbox; then the region is not needed. */
  readonly baseUrl?: string | undefined;
  /** The app that is meant where a call needs one and names none. */
  readonly appId?: string | undefined;
  /** How long a call may take, all waiting and retries included; 30,000 by default. */
  readonly timeout?: number | undefined;
  /** How long a connection may take to come up; 5,000 by default. */
  readonly connectTimeout?: number | undefined;
  /** How long one attempt may take; 10,000 by default. For a send it ends when the request is handed over. */
  readonly attemptTimeout?: number | undefined;
  /** The most retries of one call; 3 by default. */
  readonly maxRetries?: number | undefined;
  /** Take a plain `http://` base URL for another machine. */
  readonly allowInsecure?: boolean | undefined;
}

/** What the values of the options are, for callers without a compiler. */
const TYPES: Record<keyof ClientOptions, 'string' | 'number' | 'boolean' | 'function'> = {
  projectId: 'string',
  keyId: 'string',
  keySecret: 'string',
  token: 'string',
  tokenProvider: 'function',
  basicAuthentication: 'boolean',
  region: 'string',
  baseUrl: 'string',
  appId: 'string',
  timeout: 'number',
  connectTimeout: 'number',
  attemptTimeout: 'number',
  maxRetries: 'number',
  allowInsecure: 'boolean',
};

/** Parameters of a path or a query. What is undefined is left out. */
export type CallParameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** What one call needs. All of it may be left out. */
export interface CallOptions {
  /** Parameters of the path. `project_id` is filled in by the client. */
  readonly path?: CallParameters | undefined;
  /** Parameters of the query. */
  readonly query?: CallParameters | undefined;
  /** The body: a value that is written as JSON, or JSON that is written already, as a string or as bytes. */
  readonly body?: object | string | undefined;
  /** How long this call may take, all waiting and retries included, in milliseconds. */
  readonly timeout?: number | undefined;
  /** The most retries of this call; 0 switches them off. */
  readonly maxRetries?: number | undefined;
  /** Further headers. Those that the client writes itself are refused. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Calls the call off: its connection is closed, and it fails at once with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A client of the Conversation API. Make one and share it: it keeps the token and the connections.
 *
 * It neither keeps the process alive (calls under way do) nor needs to be closed.
 *
 * ```js
 * const client = new Client({ projectId, keyId, keySecret, region: 'eu', baseUrl, appId });
 * const sent = await client.execute('sms.send', { body: { to: '+46701234567', text: 'Your code is 4711' } });
 * console.log(sent.json().message_id);
 * ```
 */
export class Client {
  readonly #engine: NativeEngine;
  readonly #tokens: TokenSource | undefined;

  /**
   * Checks the options. No I/O.
   *
   * @throws {@link TidingsError} of the kind `config` if something is missing, wrong or given twice.
   */
  constructor(options: ClientOptions);
  /** @internal */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- only the first is part of the surface
  constructor(options: ClientOptions, environment: NodeJS.ProcessEnv);
  constructor(options: ClientOptions, environment?: NodeJS.ProcessEnv) {
    for (const [name, type] of Object.entries(TYPES)) typed(name, options[name as keyof ClientOptions], type);
    const { tokenProvider } = options;
    this.#tokens = tokenProvider && new TokenSource(tokenProvider);
    const opened = native.Engine.open(
      bridge.native,
      { ...options, languageVersion: process.versions.node },
      environment,
      this.#tokens && bridge.list(this.#tokens),
    );
    if ('kind' in opened) throw new TidingsError(opened);
    this.#engine = opened;
  }

  /**
   * A client from `SINCH_PROJECT_ID`, `SINCH_KEY_ID`, `SINCH_KEY_SECRET`, `SINCH_REGION`, `SINCH_APP_ID` and
   * `TIDINGS_BASE_URL` of `process.env`. What the options say counts more.
   *
   * @throws {@link TidingsError} of the kind `config` if something is missing, wrong or given twice.
   */
  static fromEnv(options: ClientOptions = {}): Client {
    return new Client(options, process.env);
  }

  /**
   * Makes a call and gives its answer as bytes: the door under all methods.
   *
   * @param operation - The operation's id, such as `sms.send` or `apps.list`.
   * @throws {@link TidingsError} if it failed; the reason of the signal if it was called off.
   */
  async execute(operation: string, options: CallOptions = {}): Promise<Response> {
    const { signal } = options;
    signal?.throwIfAborted();
    let abort: (() => void) | undefined;
    try {
      const ended = await new Promise<Ended>((resolve, reject) => {
        const handle = this.#start(operation, options, resolve);
        abort = () => {
          handle?.cancel();
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
      });
      // Made here and not where the result arrives, so that its stack leads to the caller.
      if (ended[0] === FAILED) throw new TidingsError(ended[2], this.#tokens?.cause(ended[2]));
      return new Response(ended);
    } finally {
      if (abort) signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Closes it: calls under way end with the kind `closed`, or `unknown_outcome` if they may have been carried out; later
   * ones end with `closed`. Connections are closed. Doing it again changes nothing.
   */
  close(): void {
    this.#engine.close();
  }

  /** The same as {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #start(operation: string, options: CallOptions, settle: (ended: Ended) => void): NativeCallHandle | null {
    const { path, query, body, timeout, maxRetries, headers, signal } = options;
    typed('operation', operation, 'string');
    typed('timeout', timeout, 'number');
    typed('maxRetries', maxRetries, 'number');
    const written =
      typeof body === 'string' || body === undefined || isUint8Array(body) ? body : JSON.stringify(body);
    const [flatPath, flatQuery, flatHeaders] = [pairs(path), pairs(query), pairs(headers)];
    const call = bridge.expect(settle);
    try {
      return this.#engine.start(
        call,
        signal !== undefined,
        operation,
        flatPath,
        flatQuery,
        written,
        timeout,
        maxRetries,
        flatHeaders,
      );
    } catch (thrown) {
      bridge.forget(call);
      throw thrown;
    }
  }
}

function pairs(parameters: CallParameters | undefined): Pairs {
  if (parameters === undefined) return undefined;
  const flat: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) flat.push(name, String(value));
  }
  return flat;
}

/** Refuses a value of another type without showing it, since it may be a secret. */
function typed(name: string, value: unknown, type: string): void {
  if (value !== undefined && typeof value !== type) throw new TypeError(`${name} must be a ${type}`);
}
