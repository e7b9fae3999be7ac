import { bridge } from './bridge.js';
import type { Ended } from './bridge.js';
import { TidingsError } from './errors.js';
import { Listener } from './events.js';
import type { RetryListener, UnknownListener } from './events.js';
import * as given from './given.js';
import { FAILED, native } from './native.js';
import type { NativeCallHandle, NativeConfig, NativeEngine } from './native.js';
import { Response } from './response.js';
import { attach, release } from './signals.js';
import type { Statistics } from './statistics.js';
import { TokenSource } from './token.js';
import type { TokenProvider } from './token.js';

/**
 * How a client is set up. Credentials are given in one way: an access key (`keyId` and `keySecret`), a `token` or a
 * `tokenProvider`. All times are in milliseconds.
 *
 * A plain object, or an instance of a class with these fields or getters. A name that is not here is refused; what hangs on
 * `Object.prototype` never counts.
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
  readonly region?: 'us' | 'eu' | 'br' | (string & {}) | undefined;
  /** One address for every host, for instance of a sandbox; then the region is not needed. */
  readonly baseUrl?: string | undefined;
  /** The app that is meant where a call needs one and names none. */
  readonly appId?: string | undefined;
  /** How long a call may take, all waiting and retries included; 30,000 by default. 0 is no time at all, not no limit. */
  readonly timeout?: number | undefined;
  /** How long a connection may take to come up; 5,000 by default. */
  readonly connectTimeout?: number | undefined;
  /** How long one attempt may take; 10,000 by default. For a send it ends when the request is handed over. */
  readonly attemptTimeout?: number | undefined;
  /** The most retries of one call; 3 by default. */
  readonly maxRetries?: number | undefined;
  /**
   * Bound of the first pause before a retry; 250 by default. It doubles from retry to retry, and the pause is a random time
   * below it.
   */
  readonly backoffBase?: number | undefined;
  /** Bound of every such pause; 8,000 by default. */
  readonly backoffCap?: number | undefined;
  /**
   * The retries in reserve for all calls together; 100 by default. One comes back every second, and one for every ten calls
   * that are accepted. Retries after 429 are not counted.
   */
  readonly retryBudget?: number | undefined;
  /** The most attempts at a time, at least 1; 256 by default. Further ones wait for their turn. */
  readonly maxConcurrency?: number | undefined;
  /**
   * How long an attempt may wait for its turn among them; 30,000 by default. The call then ends with the kind `timeout`, and
   * what waited was not sent.
   */
  readonly queueTimeout?: number | undefined;
  /**
   * The most requests a **second**, evenly spaced and retries included, at least 1; 800 by default, as the API allows. All
   * clients of the process with the same project, address and rate share it.
   */
  readonly rateLimit?: number | undefined;
  /** Send without a limit of our own. Those of the API hold all the same. */
  readonly noRateLimit?: boolean | undefined;
  /** Certificates that are trusted beside the system's, one or more in PEM: the text itself or its bytes, not a path. */
  readonly caCerts?: string | Uint8Array | undefined;
  /** A certificate, its chain and its private key in PEM, to show to the server: the text itself or its bytes. */
  readonly clientCertificate?: string | Uint8Array | undefined;
  /**
   * The proxy for everything, `http://` or `https://`, with `user:password@` where it wants them. By default it is the one of
   * the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`. What `NO_PROXY` names goes directly, and so does everything for
   * this machine.
   */
  readonly proxy?: string | undefined;
  /** Send directly, whatever proxy the environment names. */
  readonly noProxy?: boolean | undefined;
  /** Take a plain `http://` base URL for another machine. */
  readonly allowInsecure?: boolean | undefined;
  /** Is told of every retry, before it. */
  readonly onRetry?: RetryListener | undefined;
  /** Is told of every call that may have been carried out and whose caller cannot know. */
  readonly onUnknown?: UnknownListener | undefined;
}

/** @internal */
export const CLIENT_OPTIONS: given.Names<ClientOptions> = {
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
  backoffBase: 'number',
  backoffCap: 'number',
  retryBudget: 'number',
  maxConcurrency: 'number',
  queueTimeout: 'number',
  rateLimit: 'number',
  noRateLimit: 'boolean',
  caCerts: 'PEM',
  clientCertificate: 'PEM',
  proxy: 'string',
  noProxy: 'boolean',
  allowInsecure: 'boolean',
  onRetry: 'function',
  onUnknown: 'function',
};

/**
 * Parameters of a path or a query: the own fields of an object, also one with an interface. Numbers must be finite; what is
 * undefined is left out. A `Map`, `URLSearchParams` or `Headers` is refused: `Object.fromEntries` makes an object of it.
 */
export type CallParameters<T = Readonly<Record<string, string | number | boolean | undefined>>> = {
  readonly [K in keyof T]: string | number | boolean | undefined;
} & { readonly [Symbol.iterator]?: never };

/** What one call needs. All of it may be left out. A name that is not here is refused. */
export interface CallOptions<Path = CallParameters, Query = CallParameters> {
  /** Parameters of the path. `project_id` is filled in by the client. */
  readonly path?: Path | undefined;
  /** Parameters of the query. */
  readonly query?: Query | undefined;
  /**
   * The body: a value that is written as JSON, or JSON that is written already, as a string or as the bytes of a
   * `Uint8Array`. What JSON cannot hold, such as a promise, a `Map` or a `Blob`, is refused.
   */
  readonly body?: object | string | undefined;
  /** How long this call may take, all waiting and retries included, in milliseconds. 0 is no time at all, not no limit. */
  readonly timeout?: number | undefined;
  /**
   * The most retries of this call; 0 switches them off. It does not concern the token, which calls share: to fetch it the
   * client's own `maxRetries` counts.
   */
  readonly maxRetries?: number | undefined;
  /**
   * Try again when the outcome is unknown, for callers who prefer doubles to losses: a text may arrive twice. Without an
   * attempt that is accepted, the call still fails with the kind `unknown_outcome`.
   */
  readonly replayUnknown?: boolean | undefined;
  /** Further headers, at most 100. Those that the client writes itself are refused. */
  readonly headers?: CallParameters | undefined;
  /**
   * Calls the call off: its connection is closed, and it fails at once with the signal's reason. A call that has ended by then
   * keeps its answer or its error.
   */
  readonly signal?: AbortSignal | undefined;
}

const CALL_OPTIONS: given.Names<CallOptions> = {
  path: 'any',
  query: 'any',
  body: 'any',
  timeout: 'number',
  maxRetries: 'number',
  replayUnknown: 'boolean',
  headers: 'any',
  signal: 'any',
};

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
  /** Kept here, and by the calls under way. */
  readonly #listeners: readonly Listener[];

  /**
   * Checks the options. No I/O.
   *
   * @throws {@link TidingsError} of the kind `config` if something is missing, wrong or given twice.
   * @throws `TypeError` if an option has another type, or there is none of that name.
   */
  constructor(options: ClientOptions);
  /** @internal */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- only the first is part of the surface
  constructor(options: ClientOptions, environment: NodeJS.ProcessEnv);
  constructor(options: ClientOptions, environment?: NodeJS.ProcessEnv) {
    const { tokenProvider, onRetry, onUnknown, ...config } = given.options(options, CLIENT_OPTIONS);
    this.#tokens = tokenProvider && new TokenSource(tokenProvider);
    const retries = onRetry && new Listener('onRetry', onRetry, this.#tokens);
    const unknowns = onUnknown && new Listener('onUnknown', onUnknown, this.#tokens);
    this.#listeners = [retries, unknowns].filter((listener) => listener !== undefined);
    const opened = native.Engine.open(
      bridge.native,
      { __proto__: null, ...config, languageVersion: process.versions.node } as NativeConfig,
      environment,
      this.#tokens && bridge.sources.add(this.#tokens),
      retries && bridge.listeners.add(retries),
      unknowns && bridge.listeners.add(unknowns),
    );
    if (!(opened instanceof native.Engine)) throw new TidingsError(opened);
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
   * @throws {@link TidingsError} if it failed; the reason of the signal if it was called off; a `TypeError` if it was given
   *   what no call can be made of.
   */
  async execute<
    Path extends CallParameters<Path> = CallParameters,
    Query extends CallParameters<Query> = CallParameters,
  >(operation: string, options: CallOptions<Path, Query> = {}): Promise<Response> {
    given.typed('operation', operation, 'string');
    const call = given.options<CallOptions>(options, CALL_OPTIONS);
    const { signal } = call;
    given.signal(signal);
    signal?.throwIfAborted();
    let callOff: (() => void) | undefined;
    try {
      const ended = await new Promise<Ended>((resolve, reject) => {
        let handle: NativeCallHandle | null = null;
        const start = this.#prepare(operation, call, resolve);
        if (signal) {
          callOff = () => {
            // What it has ended with by now says more than the signal does, and is on its way.
            if (handle === null || handle.cancel()) reject(signal.reason as Error);
          };
          attach(signal, callOff);
          // Once more: what was given may have run code of the caller's on its way here. From here on nothing of it runs.
          signal.throwIfAborted();
        }
        handle = start(signal !== undefined);
      });
      // Made here and not where the result arrives, so that its stack leads to the caller.
      if (ended[0] === FAILED) throw new TidingsError(ended[2], this.#tokens?.cause(ended[2]));
      return new Response(ended);
    } finally {
      if (signal && callOff) release(signal, callOff);
    }
  }

  /** What the client has done so far, in numbers. */
  statistics(): Statistics {
    return this.#engine.statistics();
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

  /** Reads all that was given. What it returns starts the call, and runs no code of the caller's. */
  #prepare(
    operation: string,
    call: CallOptions,
    settle: (ended: Ended) => void,
  ): (cancellable: boolean) => NativeCallHandle | null {
    const { timeout, maxRetries, replayUnknown } = call;
    const body = given.json(call.body);
    const path = given.pairs('path', call.path);
    const query = given.pairs('query', call.query);
    const headers = given.pairs('headers', call.headers);
    return (cancellable) => {
      const number = bridge.expect(settle, this.#listeners);
      try {
        return this.#engine.start(
          number,
          cancellable,
          operation,
          path,
          query,
          body,
          timeout,
          maxRetries,
          replayUnknown,
          headers,
        );
      } catch (thrown) {
        bridge.forget(number);
        throw thrown;
      }
    };
  }
}
