// A small world for tests: a sandbox, an app with an SMS channel in it, and clients of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { TidingsError } from 'tidings';
import { Sandbox } from 'tidings/sandbox';

export const TO = '+46701234567';
export const TEXT = 'Your code is 4711';

/** Long enough for a busy machine; nothing here takes a tenth of it. */
const PATIENCE = 60_000;

/** For calls that must not end by themselves while a test waits for something else to end them. */
export const ENDLESS = { timeout: 600_000, attemptTimeout: 600_000 };

export class World {
  /**
   * @param {Sandbox} sandbox
   * @param {string} appId
   */
  constructor(sandbox, appId) {
    this.sandbox = sandbox;
    this.appId = appId;
    /** For looking at the world. */
    this.observer = sandbox.client();
  }

  static async make() {
    const sandbox = await Sandbox.start();
    const body = {
      channel_credentials: [{ channel: 'SMS', static_bearer: { claimed_identity: 'plan', token: 'token' } }],
      display_name: 'tests',
    };
    const app = await sandbox.client().execute('apps.create', { body });
    return new World(sandbox, /** @type {{ id: string }} */ (app.json()).id);
  }

  /** @param {import('tidings').ClientOptions} [options] */
  client(options = {}) {
    return this.sandbox.client({ appId: this.appId, ...options });
  }

  /** The variables that lead a client of another process or worker here. */
  get environment() {
    return {
      SINCH_PROJECT_ID: 'sandbox-project',
      SINCH_KEY_ID: this.sandbox.keyId,
      SINCH_KEY_SECRET: this.sandbox.keySecret,
      SINCH_APP_ID: this.appId,
      TIDINGS_BASE_URL: this.sandbox.url,
    };
  }

  /**
   * What meets the next call of an operation, or with `times: 0` each of them.
   *
   * @param {{ stage: string, action: string, operation: string, times?: number, delay_ms?: number, status?: number, headers?: object, body?: string }} body
   */
  async fault(body) {
    await this.observer.execute('sandbox.add_fault', { body });
  }

  /**
   * The next call of an operation is refused before it is carried out. 429 asks to come again at once.
   *
   * @param {number} status
   * @param {string} operation
   */
  async respond(status, operation, times = 1) {
    const headers = status === 429 ? { 'retry-after': '0' } : {};
    const answer = {
      stage: 'BEFORE_ACCEPT',
      action: 'RESPOND',
      operation,
      times,
      status,
      headers,
      body: '{}',
    };
    await this.fault(answer);
  }

  /** Calls of an operation get no answer any more. @param {string} operation */
  async hang(operation) {
    await this.fault({ stage: 'AFTER_ACCEPT', action: 'HANG', operation, times: 0 });
  }

  /** What the handset got, once everything that is planned has happened. */
  async texts() {
    await this.observer.execute('sandbox.run_until_idle');
    const ledger = await this.observer.execute('sandbox.ledger', { query: { to: TO } });
    const { arrivals } = /** @type {{ arrivals: { text: string }[] }} */ (ledger.json());
    return arrivals.map((arrival) => arrival.text);
  }

  /** The requests of an operation that the sandbox saw. @param {string} operation */
  async requests(operation) {
    const response = await this.observer.execute('sandbox.list_requests', { query: { operation } });
    return /** @type {{ requests: { abandoned?: boolean }[] }} */ (response.json()).requests;
  }

  /** Waits until as many callers of an operation have closed their connection. */
  async abandoned(/** @type {string} */ operation, number = 1) {
    await eventually(async () => {
      const requests = await this.requests(operation);
      return requests.filter((request) => request.abandoned).length === number;
    });
  }
}

/** @param {import('tidings').Client} client */
export function send(client, options = {}) {
  return client.execute('sms.send', { body: { to: TO, text: TEXT }, ...options });
}

/** @param {() => boolean | Promise<boolean>} condition */
export async function eventually(condition) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    assert.ok(Date.now() < end, 'it never came true');
    await pause(2);
  }
}

/**
 * What a promise is rejected with.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<unknown>}
 */
export async function rejection(promise) {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  return assert.fail('it was not rejected');
}

/**
 * The error a call fails with.
 *
 * @param {Promise<unknown>} promise
 */
export async function failure(promise) {
  const thrown = await rejection(promise);
  assert.ok(thrown instanceof TidingsError, String(thrown));
  return thrown;
}

/**
 * Runs a program of tests/programs in a process of its own until it ends by itself.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [environment]
 */
export async function run(name, environment = {}) {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (errors += text));
  /** @type {[number | null, string | null]} */
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      resolve([code, signal]);
    });
  });
  return { code, signal, output, errors };
}
