// How clients are set up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { inspect } from 'node:util';

import { Client, TidingsError } from 'tidings';

import { run, World } from './support.mjs';

/** @param {() => unknown} make */
function refused(make) {
  try {
    make();
  } catch (thrown) {
    assert.ok(thrown instanceof TidingsError, String(thrown));
    assert.equal(thrown.kind, 'config');
    return thrown.message;
  }
  return assert.fail('it was not refused');
}

const key = { keyId: 'id', keySecret: 'secret' };
const good = { projectId: 'project', region: 'eu', ...key };

test('a client without a region is refused with the regions there are', () => {
  assert.match(
    refused(() => new Client({ ...good, region: undefined })),
    /us, eu or br/,
  );
});

test('credentials are given in one way and whole', () => {
  assert.match(
    refused(() => new Client({ ...good, keyId: undefined })),
    /only one of them is given/,
  );
  assert.match(
    refused(() => new Client({ ...good, token: 'token' })),
    /more than one way/,
  );
  assert.match(
    refused(() => new Client({ ...good, tokenProvider: () => 'token' })),
    /more than one way/,
  );
  assert.match(
    refused(() => new Client({ projectId: 'project', region: 'eu' })),
    /no credentials/,
  );
});

test('plain http to another machine has to be allowed', () => {
  const options = { ...good, baseUrl: 'http://example.com' };
  refused(() => new Client(options));
  new Client({ ...options, allowInsecure: true }).close();
});

test('times and counts are ones that can be counted', () => {
  for (const options of [
    { timeout: -1 },
    { connectTimeout: NaN },
    { attemptTimeout: Infinity },
    { maxRetries: 0.5 },
    { backoffBase: -1 },
    { backoffCap: NaN },
    { retryBudget: 0.5 },
    { maxConcurrency: -1 },
    { queueTimeout: Infinity },
    { rateLimit: 1e10 },
  ]) {
    assert.match(
      refused(() => new Client({ ...good, ...options })),
      new RegExp(String(Object.keys(options)[0])),
    );
  }
});

test('a value of another type is refused without being shown', () => {
  for (const [name, value] of Object.entries({
    keySecret: 987654321,
    timeout: '987654321',
    tokenProvider: 'x',
    allowInsecure: 1,
    rateLimit: '987654321',
    noRateLimit: 1,
    caCerts: 987654321,
    clientCertificate: { key: '987654321' },
    proxy: new URL('http://me:987654321@127.0.0.1'),
    noProxy: 'x',
    onRetry: '987654321',
    onUnknown: {},
  })) {
    assert.throws(
      () => new Client({ ...good, [name]: value }),
      (error) =>
        error instanceof TypeError && error.message.startsWith(name) && !inspect(error).includes('987654321'),
    );
  }
});

test('a text that would arrive as another is refused', () => {
  assert.throws(
    () => new Client({ ...good, keySecret: 'a\ud800' }),
    /^TypeError: keySecret must be well-formed text/,
  );
});

test('a call of another type is refused without being shown', async () => {
  const client = new Client(good);
  const execute = /** @type {(...given: unknown[]) => Promise<unknown>} */ (client.execute.bind(client));
  await assert.rejects(execute(987654321), new TypeError('operation must be a string'));
  await assert.rejects(execute('apps.list', { timeout: '1' }), new TypeError('timeout must be a number'));
});

test('the API is called with the access key itself if that is asked for', async () => {
  const world = await World.make();
  await world.client({ basicAuthentication: true }).execute('apps.list');
  assert.equal((await world.requests('auth.token')).length, 1, 'that of the observer');
});

test('the environment sets a client up, and options count more', async () => {
  const world = await World.make();
  const { code, output, errors } = await run('from-environment.mjs', world.environment);
  assert.deepEqual({ code, output, errors }, { code: 0, output: 'sent closed\n', errors: '' });
});

test('the environment of a worker is its own', async () => {
  const world = await World.make();
  const worker = new Worker(new URL('programs/from-environment.mjs', import.meta.url), {
    env: world.environment,
    stdout: true,
  });
  let output = '';
  worker.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  const code = await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
  assert.equal(code, 0);
  assert.equal(output, 'sent closed\n');
});

test('an environment without the variables is refused with their names', () => {
  assert.match(
    refused(() => Client.fromEnv({ projectId: 'project' })),
    /SINCH_KEY_ID, SINCH_KEY_SECRET, SINCH_REGION/,
  );
});
