// What a client can be set to, and that it reaches the engine.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, TidingsError } from 'tidings';

import { ENDLESS, eventually, failure, rejection, send, TEXT, World } from './support.mjs';

const good = { projectId: 'project', token: 'token', region: 'eu' };
const noPem = 'no certificate';

for (const [what, options, named] of /** @type {[string, object, RegExp][]} */ ([
  ['no attempt at a time', { maxConcurrency: 0 }, /max_concurrency/],
  ['no request a second', { rateLimit: 0 }, /rate_limit/],
  ['a rate and none', { rateLimit: 5, noRateLimit: true }, /no_rate_limit/],
  ['a proxy and none', { proxy: 'http://127.0.0.1:1', noProxy: true }, /no_proxy/],
  ['a proxy that is no address', { proxy: 'no address' }, /proxy/],
  ['certificates that are none', { caCerts: noPem }, /ca_certs/],
  ['the bytes of none', { caCerts: Buffer.from(noPem) }, /ca_certs/],
  ['a certificate of its own that is none', { clientCertificate: noPem }, /client certificate/],
  ['the bytes of such a one', { clientCertificate: new TextEncoder().encode(noPem) }, /client certificate/],
])) {
  test(`a client with ${what} is refused when it is made`, () => {
    for (const make of [
      () => new Client({ ...good, ...options }),
      () => Client.fromEnv({ ...good, ...options }),
    ]) {
      assert.throws(make, (error) => {
        assert.ok(error instanceof TidingsError);
        assert.equal(error.kind, 'config');
        assert.match(error.message, named);
        return true;
      });
    }
  });
}

test('more attempts at a time than allowed wait in vain, and send nothing', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const client = world.client({ ...ENDLESS, maxConcurrency: 1, queueTimeout: 50 });
  const hangs = rejection(send(client));
  await eventually(async () => (await world.requests('messages.send')).length === 1);
  const error = await failure(send(client));
  assert.deepEqual([error.kind, error.sent, error.attempts], ['timeout', false, 0]);
  client.close();
  await hangs;
  assert.equal((await world.requests('messages.send')).length, 1);
});

test('clients of a project and a rate share it, unless it is switched off', async () => {
  const world = await World.make();
  const options = { projectId: 'slow' };
  const slow = world.client({ ...options, rateLimit: 1, ...ENDLESS });
  await slow.execute('apps.list');
  // A line of 40 seconds; some may get their turn before the end.
  const waiting = Promise.allSettled(Array.from({ length: 40 }, () => slow.execute('apps.list')));
  await eventually(() => slow.statistics().waiting >= 30);
  const other = world.client({ ...options, rateLimit: 1 });
  const error = await failure(other.execute('apps.list', { timeout: 10_000 }));
  assert.deepEqual([error.kind, error.sent, error.attempts], ['timeout', false, 0]);
  await world.client({ ...options, noRateLimit: true }).execute('apps.list', { timeout: 10_000 });
  slow.close();
  await waiting;
});

for (const bound of [{ backoffBase: 0.1 }, { backoffCap: 0.1 }]) {
  test(`pauses before retries stay below ${String(Object.keys(bound)[0])}`, async () => {
    const world = await World.make();
    await world.respond(503, 'apps.list');
    /** @type {number[]} */
    const pauses = [];
    const client = world.client({ ...bound, onRetry: (_, pause) => pauses.push(pause) });
    assert.equal((await client.execute('apps.list')).attempts, 2);
    assert.equal(pauses.length, 1);
    assert.ok(Number(pauses[0]) >= 0 && Number(pauses[0]) <= 0.1);
  });
}

test('without a reserve of retries a call is tried once', async () => {
  const world = await World.make();
  await world.respond(503, 'apps.list', 0);
  const error = await failure(world.client({ retryBudget: 0 }).execute('apps.list'));
  assert.deepEqual([error.kind, error.status, error.attempts], ['server', 503, 1]);
});

/** An address that nobody answers at: calls arrive if they go through the sandbox as their proxy. */
const elsewhere = { baseUrl: 'http://192.0.2.1', allowInsecure: true };

test('a proxy is gone through', async () => {
  const world = await World.make();
  await send(world.client({ ...elsewhere, proxy: world.sandbox.url }));
  assert.deepEqual(await world.texts(), [TEXT]);
});

test('the proxy of the environment can be left out', async (context) => {
  const world = await World.make();
  const before = { ...process.env };
  context.after(() => Object.assign(process.env, before));
  const variables = Object.keys(before).filter((name) => /^(http|all|no)_proxy$/i.test(name));
  for (const name of variables) Reflect.deleteProperty(process.env, name);
  process.env['http_proxy'] = world.sandbox.url;
  context.after(() => Reflect.deleteProperty(process.env, 'http_proxy'));
  await world.client(elsewhere).execute('apps.list');
  const options = { ...good, ...elsewhere, connectTimeout: 50, maxRetries: 0, noProxy: true };
  assert.equal((await failure(new Client(options).execute('apps.list'))).kind, 'connect');
  assert.equal((await world.requests('apps.list')).length, 1);
});

test('a replay of what is unknown may arrive twice', async () => {
  const world = await World.make();
  await world.fault({ stage: 'AFTER_ACCEPT', action: 'CLOSE', operation: 'messages.send' });
  assert.equal((await send(world.client(), { replayUnknown: true })).attempts, 2);
  assert.deepEqual(await world.texts(), [TEXT, TEXT]);
});

test('statistics account for every call', async () => {
  const world = await World.make();
  const client = world.client();
  const none = { calls: 0, accepted: 0, failed: 0, unknown: 0, cancelled: 0, attempts: 0, retries: 0 };
  assert.deepEqual(client.statistics(), { ...none, tokenFetches: 0, waiting: 0, underWay: 0 });
  await send(client);
  await failure(client.execute('sms.send', { body: { to: '12', text: 'x' } }));
  await world.respond(429, 'messages.send');
  await send(client);
  await world.fault({ stage: 'AFTER_ACCEPT', action: 'CLOSE', operation: 'messages.send' });
  await failure(send(client));
  const numbers = { calls: 4, accepted: 2, failed: 1, unknown: 1, cancelled: 0, attempts: 4, retries: 1 };
  assert.deepEqual(client.statistics(), { ...numbers, tokenFetches: 1, waiting: 0, underWay: 0 });
  assert.deepEqual(Object.keys(client.statistics()), [
    ...Object.keys(numbers),
    'tokenFetches',
    'waiting',
    'underWay',
  ]);
});

test('statistics show what is under way and what was called off', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const client = world.client(ENDLESS);
  const controller = new AbortController();
  const thrown = rejection(client.execute('apps.list', { signal: controller.signal }));
  await eventually(() => client.statistics().attempts === 1);
  assert.equal(client.statistics().underWay, 1);
  controller.abort('enough');
  await thrown;
  await eventually(() => client.statistics().underWay === 0);
  assert.equal(client.statistics().cancelled, 1);
});
