// What callers give: what is taken, and what is refused before anything is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';

import { Client } from 'tidings';
import { Sandbox } from 'tidings/sandbox';

import { rejection, run, TEXT, TO, World } from './support.mjs';

/** @param {unknown} thrown @param {RegExp} text */
function typeError(thrown, text) {
  assert.ok(thrown instanceof TypeError, inspect(thrown));
  assert.match(thrown.message, text);
  assert.doesNotMatch(inspect(thrown), /46701234567|987654321/);
}

/** Makes a call with whatever is given. @param {Client} client @param {unknown[]} given */
function execute(client, ...given) {
  return /** @type {(...given: unknown[]) => Promise<unknown>} */ (client.execute.bind(client))(...given);
}

const good = { projectId: 'project', keyId: 'id', keySecret: 'secret', region: 'eu' };

test('what hangs on Object.prototype counts nowhere', async () => {
  const world = await World.make();
  const { code, output, errors } = await run('polluted.mjs', world.environment);
  assert.equal(errors, '');
  assert.match(output, /^auth undefined undefined false .*SINCH_REGION.*\n$/);
  assert.equal(code, 0);
  assert.deepEqual(await world.texts(), [TEXT, TEXT]);
});

test('options may be an instance of a class with fields and getters, each read once', async () => {
  const world = await World.make();
  /** @type {string[]} */
  const read = [];
  class Base {
    get baseUrl() {
      read.push('baseUrl');
      return world.sandbox.url;
    }
  }
  class Options extends Base {
    projectId = 'sandbox-project';
    keyId = world.sandbox.keyId;
    keySecret = world.sandbox.keySecret;
    get appId() {
      read.push('appId');
      return world.appId;
    }
  }
  class Call {
    get body() {
      read.push('body');
      return { to: TO, text: TEXT };
    }
  }
  await new Client(new Options()).execute('sms.send', new Call());
  const inheritsNothing = { __proto__: null, body: { to: TO, text: TEXT } };
  await world.sandbox.client(new Options()).execute('sms.send', inheritsNothing);
  assert.deepEqual(read.sort(), ['appId', 'appId', 'baseUrl', 'baseUrl', 'body']);
  assert.deepEqual(await world.texts(), [TEXT, TEXT]);
});

test('options of another realm are options', async () => {
  const world = await World.make();
  const options = /** @type {object} */ (
    runInNewContext('Object.prototype.timeout = 0; ({ body: { to, text } })', { to: TO, text: TEXT })
  );
  await world.client().execute('sms.send', options);
  assert.deepEqual(await world.texts(), [TEXT]);
});

test('an option that there is not is refused with those that there are', async () => {
  const client = new Client(good);
  const wrong = { ...good, baseURL: 'http://127.0.0.1:1' };
  for (const make of [() => new Client(wrong), () => Client.fromEnv(wrong)]) {
    assert.throws(make, /^TypeError: there is no option baseURL; there are projectId, .*baseUrl/);
  }
  typeError(
    await rejection(execute(client, 'apps.list', { retries: 1 })),
    /^there is no option retries; there are .*maxRetries/,
  );
  typeError(await rejection(Sandbox.start(/** @type {any} */ ({ prot: 1 }))), /no option prot.* port, seed/);
});

test('options that are none, and a call without an operation, are refused', async () => {
  const client = new Client(good);
  for (const given of [null, 'x', 7]) {
    assert.throws(() => new Client(/** @type {any} */ (given)), new TypeError('options must be an object'));
    assert.throws(
      () => Client.fromEnv(/** @type {any} */ (given)),
      new TypeError('options must be an object'),
    );
    typeError(await rejection(execute(client, 'apps.list', given)), /^options must be an object$/);
    typeError(await rejection(Sandbox.start(/** @type {any} */ (given))), /^options must be an object$/);
  }
  for (const given of [new Map([['timeout', 1]]), [], Promise.resolve({})]) {
    typeError(await rejection(execute(client, 'apps.list', given)), /^options must be a plain object/);
  }
  assert.throws(() => new /** @type {any} */ (Client)(), new TypeError('options must be an object'));
  typeError(await rejection(execute(client)), /^operation must be a string$/);
});

test('a signal is an AbortSignal', async () => {
  const client = new Client(good);
  for (const signal of [null, {}, 'x', new AbortController()]) {
    typeError(await rejection(execute(client, 'apps.list', { signal })), /^signal must be an AbortSignal$/);
  }
});

const text = JSON.stringify({ to: TO, text: TEXT });
const bytes = new TextEncoder().encode(text);
for (const [what, body, expected] of /** @type {[string, unknown, RegExp][]} */ ([
  ['a promise', Promise.resolve({ to: TO, text: TEXT }), /is a promise: await it/],
  ['a thenable', { then: () => undefined }, /is a promise: await it/],
  ['an ArrayBuffer', bytes.buffer, /kind ArrayBuffer.*Uint8Array/],
  ['a DataView', new DataView(bytes.buffer), /kind DataView.*Uint8Array/],
  ['an Uint16Array', new Uint16Array(2), /kind Uint16Array.*Uint8Array/],
  ['a Map', new Map([['to', TO]]), /kind Map: pass a plain object/],
  ['a Map of another realm', runInNewContext('new Map()'), /kind Map/],
  ['a Set', new Set([TO]), /kind Set/],
  ['a Blob', new Blob([text]), /kind Blob/],
  ['URLSearchParams', new URLSearchParams({ to: TO }), /kind URLSearchParams/],
  ['Headers', new Headers({ to: TO }), /kind Headers/],
  ['a function', () => ({ to: TO }), /this is a function/],
  ['a symbol', Symbol(TO), /this is a symbol/],
  ['a big number', 987654321n, /this is a bigint/],
  ['an object without a JSON form', { toJSON: () => undefined }, /whose toJSON\(\) returns none/],
  ['text with half of a surrogate pair', text.replace('4711', '\ud800'), /half of a surrogate pair/],
])) {
  test(`a body that is ${what} is refused and not sent`, async () => {
    const world = await World.make();
    typeError(await rejection(execute(world.client(), 'sms.send', { body })), expected);
    const update = execute(world.client(), 'apps.update', { path: { app_id: world.appId }, body });
    typeError(await rejection(update), expected);
    assert.deepEqual(
      [...(await world.requests('messages.send')), ...(await world.requests('apps.update'))],
      [],
    );
  });
}

test('a body may say itself what its JSON is, and be an instance of a class', async () => {
  const world = await World.make();
  class Send {
    to = TO;
    text = TEXT;
  }
  await world.client().execute('sms.send', { body: new Send() });
  await world.client().execute('sms.send', { body: { toJSON: () => new Send() } });
  assert.deepEqual(await world.texts(), [TEXT, TEXT]);
});

for (const option of ['path', 'query', 'headers']) {
  test(`values of ${option} are strings, finite numbers and booleans, and nothing is dropped`, async () => {
    const client = (await World.make()).client();
    const call = (/** @type {unknown} */ given) =>
      rejection(execute(client, 'apps.list', { [option]: given }));
    for (const value of [null, {}, ['a'], Symbol('x'), NaN, Infinity, 1n, () => 'x', new Date(0)]) {
      typeError(
        await call({ to: value }),
        new RegExp(`^${option}\\.to must be a string, a finite number or a boolean$`),
      );
    }
    for (const whole of [
      new Map([['to', 'x']]),
      new URLSearchParams('to=x'),
      new Headers({ to: 'x' }),
      [['to', 'x']],
    ]) {
      typeError(await call(whole), new RegExp(`^${option} must be a plain object.*Object\\.fromEntries`));
    }
    for (const whole of [null, 'to=x', 7])
      typeError(await call(whole), new RegExp(`^${option} must be an object$`));
    typeError(await call({ to: 'a\ud800' }), new RegExp(`^${option}\\.to must be well-formed text`));
    typeError(await call({ [TO]: null }), new RegExp(`^${option}\\.\\* must be`));
    typeError(await call({ 'a\ud800': 'x' }), new RegExp(`^a name in ${option} must be well-formed text`));
  });
}

test('parameters may be numbers, booleans and instances of classes', async () => {
  const world = await World.make();
  class Ledger {
    to = '46701234567';
    project_id = undefined;
  }
  const client = world.client();
  await client.execute('sandbox.ledger', { query: new Ledger(), headers: { 'x-count': 7, 'x-flag': true } });
  const wait = { to: 46701234567, within_ms: 0 };
  const error = await rejection(client.execute('sandbox.wait_for_message', { query: wait }));
  assert.equal(/** @type {{ kind: string }} */ (error).kind, 'not_found');
});

test('a sandbox has a port that is a number, and is started', async () => {
  typeError(await rejection(Sandbox.start(/** @type {any} */ ({ port: '80' }))), /^port must be a number$/);
  for (const given of [undefined, {}, { url: 'x', stop: () => undefined }]) {
    assert.throws(
      () => new /** @type {any} */ (Sandbox)(given),
      /^TypeError: a sandbox is made with Sandbox.start\(\)$/,
    );
  }
});
