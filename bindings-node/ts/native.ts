/**
 * The native half: what it offers, and how it is found. Not part of the package's surface.
 *
 * The types are those of `src/*.rs`, written by hand: they are few, and say more than generated ones would.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ErrorKind, Phase } from './errors.js';
import type { Statistics } from './statistics.js';

/** Names and values in turn. */
export type Pairs = string[] | undefined;

/** How a client is set up; times in milliseconds. What is undefined keeps the engine's default. */
export interface NativeConfig {
  projectId?: string | undefined;
  keyId?: string | undefined;
  keySecret?: string | undefined;
  basicAuthentication?: boolean | undefined;
  token?: string | undefined;
  region?: string | undefined;
  baseUrl?: string | undefined;
  appId?: string | undefined;
  timeout?: number | undefined;
  connectTimeout?: number | undefined;
  attemptTimeout?: number | undefined;
  maxRetries?: number | undefined;
  backoffBase?: number | undefined;
  backoffCap?: number | undefined;
  retryBudget?: number | undefined;
  maxConcurrency?: number | undefined;
  queueTimeout?: number | undefined;
  rateLimit?: number | undefined;
  noRateLimit?: boolean | undefined;
  caCerts?: string | Uint8Array | undefined;
  clientCertificate?: string | Uint8Array | undefined;
  proxy?: string | undefined;
  noProxy?: boolean | undefined;
  allowInsecure?: boolean | undefined;
  languageVersion: string;
}

/** The error record; times in milliseconds. What does not apply is absent. */
export interface ErrorRecord {
  kind: ErrorKind;
  message: string;
  text: string;
  status?: number;
  code?: string;
  operation?: string;
  path?: string;
  requestId?: string;
  location?: string;
  attempts: number;
  sent: boolean;
  retryable: boolean;
  retryAfter?: number;
  body?: Buffer;
  evidence?: EvidenceRecord;
  cause?: string;
  causeNumber?: number;
}

export interface EvidenceRecord {
  phase: Phase;
  startedAt: number;
  elapsed: number;
  correlationId?: string;
  messageMetadata?: string;
}

/** What is at the head of an arrival; `src/bridge.rs` has the same numbers. */
export const ANSWERED = 0;
export const FAILED = 1;
export const ASKED = 2;
export const TOLD = 3;

export type Answered = [
  what: typeof ANSWERED,
  call: number,
  status: number,
  headers: string,
  body: Buffer,
  attempts: number,
  requestId: string | null,
];
export type Failed = [what: typeof FAILED, call: number, record: ErrorRecord];
export type Asked = [what: typeof ASKED, provider: number, ticket: NativeTokenTicket];
export type Told = [what: typeof TOLD, listener: number, record: ErrorRecord, pause: number | null];
export type Arrival = Answered | Failed | Asked | Told;

export interface NativeBridge {
  take(): Arrival[];
}

export interface NativeEngine {
  start(
    call: number,
    cancellable: boolean,
    operation: string,
    path: Pairs,
    query: Pairs,
    body: string | Uint8Array | undefined,
    timeout: number | undefined,
    maxRetries: number | undefined,
    replayUnknown: boolean | undefined,
    headers: Pairs,
  ): NativeCallHandle | null;
  statistics(): Statistics;
  close(): void;
}

export interface NativeCallHandle {
  /** False if the call has ended. */
  cancel(): boolean;
}

export interface NativeTokenTicket {
  answer(token: string, expiresIn: number | undefined): void;
  fail(text: string, number: number): void;
}

export interface NativeSandbox {
  readonly url: string;
  readonly keyId: string;
  readonly keySecret: string;
  stop(): Promise<void>;
}

interface Native {
  Bridge: new (wake: () => void) => NativeBridge;
  Engine: (abstract new () => NativeEngine) & {
    open(
      bridge: NativeBridge,
      config: NativeConfig,
      environment: NodeJS.ProcessEnv | undefined,
      provider: number | undefined,
      onRetry: number | undefined,
      onUnknown: number | undefined,
    ): NativeEngine | ErrorRecord;
  };
  Sandbox: (abstract new () => NativeSandbox) & {
    start(port: number | undefined, seed: number | undefined): Promise<NativeSandbox>;
  };
}

/** Where the library stands: in the root of the package. A bundle of ES modules has no such name. */
const FOLDER = typeof __dirname === 'string' ? join(__dirname, '..') : undefined;

/** What it may be called, for Linux once for each of its two common C libraries. */
const PLATFORM = `${process.platform}-${process.arch}`;
const NAMES =
  process.platform === 'linux'
    ? [`tidings.${PLATFORM}-gnu.node`, `tidings.${PLATFORM}-musl.node`]
    : [`tidings.${PLATFORM}.node`];

/** Not needed to find the library, since only one is there as a rule; but whoever reads an error should know it. */
function described(): string {
  const header = (process.report.getReport() as { header?: { glibcVersionRuntime?: string } }).header;
  const libc =
    process.platform !== 'linux'
      ? ''
      : header?.glibcVersionRuntime === undefined
        ? ' with musl'
        : ` with glibc ${header.glibcVersionRuntime}`;
  return `This is Node.js ${process.version} on ${PLATFORM}${libc}.`;
}

/** What helps depends on where this file has come to: a bundle, a checkout, or a package that was built elsewhere. */
function mend(): string {
  if (FOLDER === undefined || !isPackage(FOLDER)) {
    return 'The package seems to have been bundled, and its library cannot be: keep tidings external (with esbuild: --external:tidings), and install it where the bundle runs.';
  }
  if (existsSync(join(FOLDER, 'scripts', 'build.mjs'))) {
    return `Build it with \`npm run prepare\` in ${FOLDER}; that needs Rust (https://rustup.rs) and a C compiler.`;
  }
  return 'This package was built for another machine: install one that was built for this platform, or install from a checkout, which builds it.';
}

function isPackage(folder: string): boolean {
  try {
    const description: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return (description as { name?: unknown }).name === 'tidings';
  } catch {
    return false;
  }
}

function load(): Native {
  const found =
    FOLDER === undefined ? [] : NAMES.map((name) => join(FOLDER, name)).filter((path) => existsSync(path));
  if (found.length === 0) {
    const where = FOLDER === undefined ? '' : ` in ${FOLDER}`;
    throw new Error(
      `tidings: its native library is missing: no ${NAMES.join(' or ')}${where}. ${described()} ${mend()}`,
    );
  }
  const failures: string[] = [];
  let cause: unknown;
  for (const path of found) {
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- the only way to load a native library
      return require(path) as Native;
    } catch (thrown) {
      cause = thrown;
      failures.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  throw new Error(
    `tidings: its native library could not be loaded: ${failures.join('; ')}. ${described()} ${mend()}`,
    { cause },
  );
}

export const native: Native = load();
