// The road of one send, from a token to the handset, and what fails on it.

import assert from 'node:assert/strict';
import { format, inspect } from 'node:util';
import { test } from 'node:test';

import { Response } from 'tidings';

import { ENDLESS, eventually, failure, send, TEXT, TO, World } from './support.mjs';

test('a send reaches the handset once', async () => {
  const world = await World.make();
  const sent = await send(world.client());
  assert.ok(sent instanceof Response);
  assert.equal(sent.status, 200);
  assert.equal(sent.attempts, 1);
  assert.match(/** @type {{ message_id: string }} */ (sent.json()).message_id, /^[0-9A-Z]{26}$/);
  assert.deepEqual(await world.texts(), [TEXT]);
});

test('sixty-four sends at once are sixty-four texts', async () => {
  const world = await World.make();
  const client = world.client();
  const sent = await Promise.all(Array.from({ length: 64 }, () => send(client)));
  const ids = sent.map((response) => /** @type {{ message_id: string }} */ (response.json()).message_id);
  assert.equal(new Set(ids).size, 64);
  assert.equal((await world.texts()).length, 64);
});

for (const [form, body] of /** @type {[string, object | string][]} */ ([
  ['a value', { to: TO, text: TEXT }],
  ['text', JSON.stringify({ to: TO, text: TEXT })],
  ['a Buffer', Buffer.from(JSON.stringify({ to: TO, text: TEXT }))],
  [
    'a part of a Uint8Array',
    new TextEncoder().encode(` ${JSON.stringify({ to: TO, text: TEXT })} `).subarray(1),
  ],
])) {
  test(`a body is taken as ${form}`, async () => {
    const world = await World.make();
    await world.client().execute('sms.send', { body });
    assert.deepEqual(await world.texts(), [TEXT]);
  });
}

test('a text arrives with the characters it was written in', async () => {
  const world = await World.make();
  const text = 'Ångström 😀 \u0000 \u2028 "\\';
  await world.client().execute('sms.send', { body: { to: TO, text } });
  assert.deepEqual(await world.texts(), [text]);
});

test('an answer keeps its bytes, its headers and its request', async () => {
  const world = await World.make();
  const apps = await world.client().execute('apps.list');
  assert.ok(Buffer.isBuffer(apps.body));
  assert.deepEqual(apps.json(), JSON.parse(apps.body.toString('utf8')));
  assert.equal(apps.headers.get('Content-Type'), 'application/json');
  assert.equal(apps.headers.get('content-length'), String(apps.body.length));
  assert.equal(apps.headers, apps.headers);
  assert.equal(apps.requestId, apps.headers.get('x-request-id'));
});

test('parameters of path and query and headers go where they belong', async () => {
  const world = await World.make();
  const path = { app_id: world.appId, nothing: undefined };
  const app = await world.client().execute('apps.get', { path, headers: { 'x-mine': 'mine' } });
  assert.equal(/** @type {{ id: string }} */ (app.json()).id, world.appId);
  const error = await failure(
    world.client().execute('apps.get', { path: { app_id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } }),
  );
  assert.equal(error.kind, 'not_found');
  const ledger = await world.client().execute('sandbox.ledger', { query: { to: '46700000000' } });
  assert.deepEqual(ledger.json(), { arrivals: [] });
});

test('a refused body names its place and is not sent', async () => {
  const world = await World.make();
  const error = await failure(world.client().execute('sms.send', { body: { to: '12', text: 'x' } }));
  assert.equal(error.kind, 'invalid_request');
  assert.equal(error.path, '$.to');
  assert.equal(error.operation, 'sms.send');
  assert.equal(error.sent, false);
  assert.equal(error.retryable, false);
  assert.equal(error.attempts, 0);
  assert.equal(error.message, `sms.send: $.to ${error.reason} [invalid_request]`);
  assert.deepEqual(await world.requests('messages.send'), []);
});

test('what the API refuses comes back with its answer', async () => {
  const world = await World.make();
  const error = await failure(send(world.client({ appId: 'lost' })));
  assert.equal(error.kind, 'invalid_request');
  assert.equal(error.status, 400);
  assert.equal(error.code, 'INVALID_ARGUMENT');
  assert.equal(error.attempts, 1);
  assert.equal(typeof error.requestId, 'string');
  const { error: answer } = /** @type {{ error: { status: string } }} */ (JSON.parse(String(error.body)));
  assert.equal(answer.status, 'INVALID_ARGUMENT');
});

test('a send that is accepted and then dropped has an unknown outcome', async () => {
  const world = await World.make();
  await world.fault({ stage: 'AFTER_ACCEPT', action: 'CLOSE', operation: 'messages.send' });
  const before = Date.now();
  const body = { to: TO, text: TEXT, correlation_id: 'mine', message_metadata: 'order 7' };
  const error = await failure(world.client().execute('sms.send', { body }));
  assert.equal(error.kind, 'unknown_outcome');
  assert.equal(error.sent, true);
  assert.equal(error.retryable, false);
  assert.equal(error.attempts, 1);
  assert.ok(error.evidence);
  assert.equal(error.evidence.phase, 'awaiting_answer');
  assert.equal(error.evidence.correlationId, 'mine');
  assert.equal(error.evidence.messageMetadata, 'order 7');
  assert.ok(error.evidence.elapsed > 0);
  assert.ok(
    error.evidence.startedAt.getTime() >= before - 1 && error.evidence.startedAt.getTime() <= Date.now(),
  );
  assert.deepEqual(await world.texts(), [TEXT], 'it was sent, and not sent again');
});

test("the time of one call is in milliseconds and counts more than the client's", async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const error = await failure(world.client().execute('apps.list', { timeout: 50, maxRetries: 0 }));
  assert.equal(error.kind, 'timeout');
  assert.equal(error.sent, true);
});

test('what is wrong in a call itself is said at once', async () => {
  const client = (await World.make()).client();
  for (const call of [
    client.execute('sms.lost'),
    client.execute('apps.list', { timeout: -1 }),
    client.execute('apps.list', { timeout: Infinity }),
    client.execute('apps.list', { maxRetries: 0.5 }),
    client.execute('apps.list', { headers: { authorization: 'mine' } }),
  ]) {
    const error = await failure(call);
    assert.equal(error.kind, 'config');
    assert.equal(error.sent, false);
  }
});

test('after close every call ends with closed, and closing again changes nothing', async () => {
  const world = await World.make();
  const client = world.client();
  await send(client);
  client.close();
  client.close();
  const error = await failure(send(client));
  assert.equal(error.kind, 'closed');
  assert.equal(error.sent, false);
  assert.equal((await world.texts()).length, 1);
});

test('closing says of a send under way that its outcome is unknown', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const client = world.client(ENDLESS);
  const sent = failure(send(client));
  await eventually(async () => (await world.requests('messages.send')).length === 1);
  client.close();
  assert.equal((await sent).kind, 'unknown_outcome');
  await world.abandoned('messages.send');
});

test('a client can be disposed of', async () => {
  const world = await World.make();
  const [one, two] = [world.client(), world.client()];
  one[Symbol.dispose]();
  await two[Symbol.asyncDispose]();
  for (const client of [one, two]) assert.equal((await failure(send(client))).kind, 'closed');
});

test('the stack of an error leads to the line that made the call', async () => {
  const client = (await World.make()).client();
  async function aFunctionOfTheUser() {
    await client.execute('sms.send', { body: { to: '12', text: 'x' } });
  }
  const error = await failure(aFunctionOfTheUser());
  assert.match(String(error.stack), /^TidingsError: sms\.send: \$\.to/);
  assert.match(String(error.stack), /aFunctionOfTheUser.*send\.test\.mjs/);
});

test('nothing personal is shown by consoles and loggers', async () => {
  const world = await World.make();
  const sent = await send(world.client());
  const ledger = await world.observer.execute('sandbox.ledger');
  await world.fault({ stage: 'AFTER_ACCEPT', action: 'CLOSE', operation: 'messages.send' });
  const body = { to: TO, text: TEXT, message_metadata: 'for 46701234567' };
  const unknown = await failure(world.client().execute('sms.send', { body }));
  const refused = await failure(world.client({ appId: '46701234567' }).execute('sms.send', { body }));
  const client = world.client();
  for (const shown of [client, sent, ledger, unknown, refused, world.sandbox]) {
    for (const text of [
      inspect(shown, { depth: 9, showHidden: true }),
      JSON.stringify(shown),
      format('%s', shown),
    ]) {
      assert.doesNotMatch(text, /46701234567|4711|sandbox-secret|34 36 37 30 31/);
    }
  }
});
