// Calls that are called off with a signal.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { Client } from 'tidings';

import { ENDLESS, eventually, rejection, send, TEXT, TO, World } from './support.mjs';

test('an aborted send rejects with the reason of the signal and closes its socket', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const controller = new AbortController();
  const reason = new Error('the user went away');
  const client = world.client(ENDLESS);
  const thrown = rejection(send(client, { signal: controller.signal }));
  await eventually(async () => (await world.requests('messages.send')).length === 1);
  controller.abort(reason);
  assert.equal(await thrown, reason);
  await world.abandoned('messages.send');
  client.close(); // not before, since that closes the socket as well
  assert.deepEqual(await world.texts(), [TEXT], 'it had been accepted, and was not sent again');
});

test('a signal that is aborted already lets nothing out', async () => {
  const world = await World.make();
  const thrown = await rejection(send(world.client(), { signal: AbortSignal.abort() }));
  assert.ok(thrown instanceof DOMException);
  assert.equal(thrown.name, 'AbortError');
  assert.deepEqual(await world.requests('messages.send'), []);
});

test('a signal that is aborted while the call is read lets nothing out', async () => {
  const world = await World.make();
  const client = world.client();
  const body = { to: TO, text: TEXT };
  /** @type {((abort: () => void) => object)[]} */
  const ways = [
    (abort) => ({ body: { toJSON: () => (abort(), body) } }),
    (abort) => ({
      get body() {
        abort();
        return body;
      },
    }),
    (abort) => ({
      body,
      headers: {
        get 'x-mine'() {
          abort();
          return 'mine';
        },
      },
    }),
    (abort) => ({ body, query: new Proxy({}, { ownKeys: () => (abort(), []) }) }),
  ];
  for (const way of ways) {
    const controller = new AbortController();
    const { signal } = controller;
    const call = way(() => {
      controller.abort('while it is read');
    });
    // Not spread, which would read it here.
    Object.defineProperty(call, 'signal', { value: signal, enumerable: true });
    assert.equal(await rejection(client.execute('sms.send', call)), 'while it is read');
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
  assert.deepEqual(await world.requests('messages.send'), []);
});

test('the signal is read once', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const controller = new AbortController();
  let read = 0;
  const call = world.client().execute('apps.list', {
    get signal() {
      read += 1;
      return read === 1 ? controller.signal : undefined;
    },
  });
  controller.abort('enough');
  assert.equal(await rejection(call), 'enough');
  assert.equal(read, 1);
});

test('many calls that share a signal make no warning, and leave no listener', async (context) => {
  const world = await World.make();
  /** @type {Error[]} */
  const warnings = [];
  const listen = (/** @type {Error} */ warning) => void warnings.push(warning);
  process.on('warning', listen);
  context.after(() => process.off('warning', listen));
  const { signal } = new AbortController();
  const client = world.client();
  const calls = Array.from({ length: 64 }, () => client.execute('apps.list', { signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  await Promise.all(calls);
  await turn(); // warnings come a turn later
  assert.deepEqual(warnings, []);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a call aborted while it waits for its token rejects at once and is never sent', async () => {
  const world = await World.make();
  const body = { grant_type: 'client_credentials' };
  const answer = (await world.observer.execute('auth.token', { body })).json();
  /** @type {((token: string) => void)[]} */
  const waiting = [];
  const client = new Client({
    projectId: 'sandbox-project',
    baseUrl: world.sandbox.url,
    appId: world.appId,
    tokenProvider: () => new Promise((resolve) => waiting.push(resolve)),
  });
  const controller = new AbortController();
  const thrown = rejection(send(client, { signal: controller.signal }));
  await eventually(() => waiting.length === 1);
  controller.abort('enough');
  assert.equal(await thrown, 'enough');
  waiting[0]?.(/** @type {{ access_token: string }} */ (answer).access_token);
  await client.execute('apps.list');
  assert.deepEqual(await world.requests('messages.send'), []);
  assert.deepEqual(await world.texts(), []);
});

test('AbortSignal.timeout ends a call with its own error', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const client = world.client(ENDLESS);
  const thrown = await rejection(client.execute('apps.list', { signal: AbortSignal.timeout(20) }));
  assert.ok(thrown instanceof DOMException);
  assert.equal(thrown.name, 'TimeoutError');
  await world.abandoned('apps.list');
  client.close();
});

test('a long-lived signal keeps nothing of the calls that had it, and its own handler', async () => {
  const world = await World.make();
  const { signal } = new AbortController();
  const handler = () => undefined;
  signal.onabort = handler;
  const before = getEventListeners(signal, 'abort').length;
  await Promise.all(Array.from({ length: 20 }, () => send(world.client(), { signal })));
  await rejection(world.client().execute('sms.send', { body: {}, signal }));
  assert.equal(getEventListeners(signal, 'abort').length, before);
  assert.equal(signal.onabort, handler);
});

test('one signal calls off many calls, and others go on', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const controller = new AbortController();
  const client = world.client(ENDLESS);
  const calls = Array.from({ length: 16 }, () =>
    rejection(client.execute('apps.list', { signal: controller.signal })),
  );
  await eventually(async () => (await world.requests('apps.list')).length === 16);
  controller.abort('all of you');
  assert.deepEqual(await Promise.all(calls), Array(16).fill('all of you'));
  await world.abandoned('apps.list', 16);
  await send(client);
  assert.deepEqual(await world.texts(), [TEXT]);
});
