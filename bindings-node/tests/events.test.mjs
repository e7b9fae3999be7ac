// What the app's own functions are told of while the engine works.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';

import { TidingsError } from 'tidings';

import { ENDLESS, eventually, failure, rejection, run, send, TEXT, TO, World } from './support.mjs';

/** A function for `onUnknown` that keeps what it is told. */
function listening() {
  /** @type {TidingsError[]} */
  const heard = [];
  const onUnknown = (/** @type {TidingsError} */ error) => void heard.push(error);
  const what = () => heard.map((error) => [error.kind, error.evidence?.correlationId]);
  return { heard, onUnknown, what };
}

/** A send with a mark that its evidence has. @param {string} mark */
function marked(mark) {
  return { body: { to: TO, text: TEXT, correlation_id: mark } };
}

/** The next send is carried out, and its answer is lost. @param {World} world */
function lose(world, times = 1) {
  return world.fault({ stage: 'AFTER_ACCEPT', action: 'CLOSE', operation: 'messages.send', times });
}

/** The warnings that Node.js would show. @param {import('node:test').TestContext} context */
function warnings(context) {
  /** @type {Error[]} */
  const seen = [];
  const listen = (/** @type {Error} */ warning) => void seen.push(warning);
  process.on('warning', listen);
  context.after(() => process.off('warning', listen));
  return seen;
}

test('an unknown outcome is told once, with its evidence, before the call rejects', async () => {
  const world = await World.make();
  const { heard, onUnknown, what } = listening();
  const client = world.client({ onUnknown });
  await lose(world, 2);
  for (const [index, mark] of ['first', 'second'].entries()) {
    assert.equal((await failure(client.execute('sms.send', marked(mark)))).kind, 'unknown_outcome');
    assert.equal(heard.length, index + 1);
  }
  assert.deepEqual(what(), [
    ['unknown_outcome', 'first'],
    ['unknown_outcome', 'second'],
  ]);
  assert.ok(heard[0] instanceof TidingsError);
  assert.deepEqual([heard[0].sent, heard[0].operation, heard[0].attempts], [true, 'sms.send', 1]);
});

test('an aborted send is told once, with its evidence', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const { heard, onUnknown, what } = listening();
  const client = world.client({ ...ENDLESS, onUnknown });
  for (const [index, mark] of ['first', 'second'].entries()) {
    const controller = new AbortController();
    const thrown = rejection(client.execute('sms.send', { ...marked(mark), signal: controller.signal }));
    await eventually(async () => (await world.requests('messages.send')).length === index + 1);
    controller.abort('enough');
    assert.equal(await thrown, 'enough');
    await eventually(() => heard.length > index);
  }
  assert.deepEqual(what(), [
    ['cancelled', 'first'],
    ['cancelled', 'second'],
  ]);
  assert.equal(heard[0]?.sent, true);
});

test('a call that has ended when its signal is aborted keeps its answer', async () => {
  const world = await World.make();
  const { heard, onUnknown } = listening();
  const client = world.client({ onUnknown });
  /** Waits without a turn of the event loop, which could take the answer. @param {number} accepted */
  const until = (accepted) => {
    const clock = new Int32Array(new SharedArrayBuffer(4));
    while (client.statistics().accepted < accepted) Atomics.wait(clock, 0, 0, 1);
  };
  const controller = new AbortController();
  const first = send(client, { signal: controller.signal });
  until(1);
  // Calls end one after the other, so the first one has ended altogether when this one has.
  const second = client.execute('apps.list');
  until(2);
  controller.abort();
  assert.equal((await first).status, 200);
  await second;
  assert.deepEqual(heard, []);
  assert.deepEqual(await world.texts(), [TEXT]);
});

test('what was under way is told when the client is closed', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const { onUnknown, what } = listening();
  const client = world.client({ ...ENDLESS, onUnknown });
  const sent = failure(client.execute('sms.send', marked('mine')));
  await eventually(async () => (await world.requests('messages.send')).length === 1);
  client.close();
  assert.equal((await sent).kind, 'unknown_outcome');
  assert.deepEqual(what(), [['unknown_outcome', 'mine']]);
});

test('what was certainly not carried out is not told', async () => {
  const world = await World.make();
  const { heard, onUnknown } = listening();
  const client = world.client({ onUnknown });
  await failure(client.execute('sms.send', { body: { to: '12', text: 'x' } }));
  await world.respond(400, 'messages.send');
  await failure(send(client));
  await rejection(send(client, { signal: AbortSignal.abort() }));
  await send(client);
  assert.deepEqual(heard, []);
});

test('a retry is told with what made it necessary, and the pause', async () => {
  const world = await World.make();
  await world.respond(429, 'messages.send', 2);
  /** @type {unknown[]} */
  const told = [];
  const client = world.client({
    onRetry: (error, pause) => void told.push([error.kind, error.status, error.attempts, pause >= 0]),
  });
  assert.equal((await send(client)).attempts, 3);
  assert.deepEqual(told, [
    ['rate_limited', 429, 1, true],
    ['rate_limited', 429, 2, true],
  ]);
});

test('a function is called as a plain function', async () => {
  const world = await World.make();
  await lose(world);
  /** @type {unknown[]} */
  const seen = [];
  const client = world.client({
    onUnknown: /** @this {unknown} */ function () {
      seen.push(this, arguments.length);
    },
  });
  await failure(send(client));
  assert.deepEqual(seen, [undefined, 1]);
});

for (const [how, failing] of /** @type {[string, (thrown: unknown) => () => unknown][]} */ ([
  [
    'throws',
    (thrown) => () => {
      throw thrown;
    },
  ],
  [
    'rejects',
    (thrown) => async () => {
      await turn();
      throw thrown;
    },
  ],
])) {
  test(`a function that ${how} changes nothing, and is a warning of the process`, async (context) => {
    const world = await World.make();
    const seen = warnings(context);
    const thrown = new RangeError('of the app');
    const client = world.client({ onRetry: failing(thrown), onUnknown: failing(thrown) });
    await world.respond(429, 'messages.send');
    assert.equal((await send(client)).attempts, 2);
    await lose(world);
    assert.equal((await failure(send(client))).kind, 'unknown_outcome');
    await eventually(() => seen.length === 2);
    assert.deepEqual(
      seen.map(({ name, message, cause }) => [name, message, cause === thrown]),
      [
        ['TidingsWarning', 'onRetry threw: of the app', true],
        ['TidingsWarning', 'onUnknown threw: of the app', true],
      ],
    );
  });
}

test('whatever is thrown is a warning, also what has no text', async (context) => {
  const world = await World.make();
  const seen = warnings(context);
  for (const thrown of [undefined, null, 7, Symbol('symbol'), Object.create(null), '\ud800']) {
    await lose(world);
    await failure(
      send(
        world.client({
          onUnknown: () => {
            throw thrown;
          },
        }),
      ),
    );
  }
  await eventually(() => seen.length === 6);
});

test('a function may use the client that tells it', async () => {
  const world = await World.make();
  /** @type {unknown[]} */
  const found = [];
  const client = world.client({
    onUnknown: async () => {
      found.push((await client.execute('apps.list')).status);
    },
  });
  await lose(world);
  await failure(send(client));
  await eventually(() => found.length === 1);
  assert.deepEqual(found, [200]);
});

test('a process that calls a send off hears of it and ends by itself, whatever its functions throw', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const ended = await run('is-told.mjs', world.environment);
  assert.deepEqual([ended.code, ended.signal], [0, null]);
  assert.equal(ended.output, 'AbortError\ncancelled true\n');
  assert.match(
    ended.errors,
    /TidingsWarning: onUnknown threw: of the app\nError: of the app\n {4}at .*is-told\.mjs/,
  );
});

test('an error that is told shows nothing personal', async () => {
  const world = await World.make();
  const { heard, onUnknown } = listening();
  await lose(world);
  const body = { to: TO, text: TEXT, message_metadata: `for ${TO}` };
  await failure(world.client({ onUnknown }).execute('sms.send', { body }));
  assert.equal(heard.length, 1);
  assert.doesNotMatch(inspect(heard, { depth: 9, showHidden: true }), /46701234567|4711/);
});
