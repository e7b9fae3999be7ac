// The surface as a compiler sees it: what must compile, and what must not. Nothing here runs.

import { Client, Response, TidingsError } from 'tidings';
import type {
  CallOptions,
  ClientOptions,
  ErrorKind,
  Evidence,
  CallParameters,
  Phase,
  RetryListener,
  Statistics,
  Token,
  TokenProvider,
  UnknownListener,
} from 'tidings';
import { Sandbox } from 'tidings/sandbox';
import type { SandboxOptions } from 'tidings/sandbox';

/** Holds if both types are the same one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_T extends true>(): void {
  // The compiler has looked.
}

interface Send {
  to: string;
  text: string;
}

interface Ledger {
  to: string;
  project_id?: string;
}

declare const ledger: Ledger;
declare const anyRegion: string | undefined;
declare const someOptions: CallOptions;

export async function compiles(
  client: Client,
  signal: AbortSignal,
  given: string | undefined,
): Promise<void> {
  new Client({ projectId: 'p', keyId: 'k', keySecret: 's', region: 'eu', appId: given, timeout: 1_000 });
  new Client({ projectId: 'p', token: 't', baseUrl: 'http://127.0.0.1:1', maxRetries: 0 });
  new Client({ projectId: 'p', tokenProvider: () => 'token' });
  new Client({ projectId: 'p', tokenProvider: () => Promise.resolve({ token: 't', expiresIn: 60_000 }) });
  new Client({ projectId: 'p', token: 't', caCerts: Buffer.from(''), clientCertificate: '', proxy: given });
  new Client({ projectId: 'p', token: 't', rateLimit: 1, onUnknown: (error) => error.evidence?.phase });
  new Client({
    projectId: 'p',
    token: 't',
    onRetry: async (error, pause) => Promise.resolve(error.attempts + pause),
  });
  Client.fromEnv();
  Client.fromEnv({ appId: given });

  holds<Same<ReturnType<typeof client.statistics>, Statistics>>();
  holds<Same<Statistics['underWay'], number>>();
  holds<Same<Parameters<RetryListener>, [error: TidingsError, pause: number]>>();
  holds<Same<Parameters<UnknownListener>, [error: TidingsError]>>();

  const send: Send = { to: '+46701234567', text: 'Your code is 4711' };
  const response = await client.execute('sms.send', { body: send, signal, timeout: 1_000, maxRetries: 0 });
  await client.execute('sms.send', { body: JSON.stringify(send), headers: { 'x-mine': 'mine' } });
  await client.execute('sms.send', { body: Buffer.from('{}'), replayUnknown: true });
  await client.execute('apps.get', { path: { app_id: given }, query: { a: 1, b: true, c: 'd' } });
  await client.execute('sandbox.ledger', {
    query: ledger,
    path: {},
    headers: { 'x-count': 1, 'x-not': given },
  });
  await client.execute('sandbox.ledger', someOptions);
  new Client({ token: 't', projectId: 'p', region: anyRegion });
  holds<Same<Extract<'us' | 'eu' | 'br', ClientOptions['region']>, 'us' | 'eu' | 'br'>>();
  holds<Same<typeof response, Response>>();
  holds<Same<Response['body'], Buffer>>();
  holds<Same<Response['headers'], Headers>>();
  holds<Same<Response['requestId'], string | undefined>>();
  const untyped = response.json();
  holds<Same<typeof untyped, unknown>>();
  const typed = response.json<{ message_id: string }>();
  holds<Same<typeof typed, { message_id: string }>>();

  try {
    await client.execute('apps.list');
  } catch (error) {
    if (!(error instanceof TidingsError)) throw error;
    holds<Same<typeof error.kind, ErrorKind>>();
    holds<Same<typeof error.evidence, Evidence | undefined>>();
    holds<Same<Evidence['phase'], Phase>>();
    holds<Same<Evidence['startedAt'], Date>>();
    holds<Same<typeof error.retryAfter, number | undefined>>();
    holds<Same<typeof error.sent, boolean>>();
    if (error.kind === 'unknown_outcome') return;
  }

  using used = new Client({ projectId: 'p', token: 't', region: 'us' });
  await using sandbox = await Sandbox.start({ port: 0, seed: 7 });
  holds<Same<typeof sandbox.url, string>>();
  holds<Same<ReturnType<typeof sandbox.client>, Client>>();
  holds<Same<ReturnType<typeof used.close>, void>>();
}

export async function doesNotCompile(client: Client, error: TidingsError): Promise<void> {
  // @ts-expect-error -- options are named
  new Client('p', 'k', 's');
  // @ts-expect-error -- names are written as they are written here
  new Client({ project_id: 'p', token: 't' });
  // @ts-expect-error -- times are numbers, in milliseconds
  new Client({ projectId: 'p', token: 't', timeout: '1s' });
  // @ts-expect-error -- a token is a string, or has one
  new Client({ projectId: 'p', tokenProvider: () => 7 });
  // @ts-expect-error -- what is told has an error first
  new Client({ projectId: 'p', token: 't', onUnknown: (pause: number) => pause });
  // @ts-expect-error -- certificates are text or bytes
  new Client({ projectId: 'p', token: 't', caCerts: ['a'] });
  // @ts-expect-error -- the environment is that of the process
  new Client({ token: 't' }, process.env);
  // @ts-expect-error -- an operation has an id
  await client.execute();
  // @ts-expect-error -- a body is an object, text or bytes
  await client.execute('sms.send', { body: 7 });
  // @ts-expect-error -- parameters are plain values
  await client.execute('apps.list', { query: { a: { b: 1 } } });
  // @ts-expect-error -- also in an interface
  await client.execute('apps.list', { query: client });
  // @ts-expect-error -- pairs are not parameters
  await client.execute('apps.list', { query: new Map([['a', 'b']]) });
  // @ts-expect-error -- pairs are not parameters
  await client.execute('apps.list', { query: new URLSearchParams() });
  // @ts-expect-error -- pairs are not parameters
  await client.execute('apps.list', { headers: new Headers() });
  // @ts-expect-error -- a list has no names
  await client.execute('apps.list', { path: ['a'] });
  // @ts-expect-error -- answers are made by the client
  new Response();
  // @ts-expect-error -- and so are errors
  new TidingsError('a text');
  // @ts-expect-error -- there is no such option
  await client.execute('apps.list', { retries: 1 });
  // @ts-expect-error -- there is no such kind
  if (error.kind === 'unknown') return;
  // @ts-expect-error -- an error says what happened and is not changed
  error.sent = false;
  // @ts-expect-error -- a sandbox is started
  new Sandbox();
  // @ts-expect-error -- an answer has no types until it is given one
  (await client.execute('apps.list')).json().apps;
}

export type Exported = [CallOptions, ClientOptions, CallParameters, Token, TokenProvider, SandboxOptions];
