// Tokens that the app's own code brings.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';

import { Client } from 'tidings';

import { failure, rejection, run, send, World } from './support.mjs';

/**
 * @param {World} world
 * @param {import('tidings').TokenProvider} tokenProvider
 */
function asking(world, tokenProvider) {
  return new Client({
    projectId: 'sandbox-project',
    baseUrl: world.sandbox.url,
    appId: world.appId,
    tokenProvider,
  });
}

/** @param {World} world */
async function token(world) {
  const body = { grant_type: 'client_credentials' };
  const answer = (await world.observer.execute('auth.token', { body })).json();
  return /** @type {{ access_token: string }} */ (answer).access_token;
}

test('a provider is asked once for many sends', async () => {
  const world = await World.make();
  const good = await token(world);
  let asked = 0;
  const client = asking(world, () => {
    asked += 1;
    return good;
  });
  await Promise.all(Array.from({ length: 10 }, () => send(client)));
  assert.equal(asked, 1);
  assert.equal((await world.texts()).length, 10);
});

test('a provider may be asynchronous and say how long its token is good', async () => {
  const world = await World.make();
  const good = await token(world);
  const client = asking(world, async () => {
    await turn();
    return { token: good, expiresIn: 60_000 };
  });
  await send(client);
  assert.equal((await world.texts()).length, 1);
});

test('a token that is good for no time at all is asked for anew', async () => {
  const world = await World.make();
  const good = await token(world);
  let asked = 0;
  const client = asking(world, () => {
    asked += 1;
    return { token: good, expiresIn: 0 };
  });
  await send(client);
  await send(client);
  assert.equal(asked, 2);
});

for (const [
  how,
  provider,
] of /** @type {[string, (thrown: unknown) => import('tidings').TokenProvider][]} */ ([
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
  test(`a provider that ${how} fails the call with what it threw, and the next call asks again`, async () => {
    const world = await World.make();
    const thrown = new RangeError('the backend is down');
    const good = await token(world);
    let broken = true;
    const failing = provider(thrown);
    const client = asking(world, () => (broken ? failing() : good));
    const error = await failure(send(client));
    assert.equal(error.kind, 'auth');
    assert.equal(error.sent, false);
    assert.equal(error.cause, thrown);
    broken = false;
    await send(client);
    assert.equal((await world.texts()).length, 1);
  });
}

test('whatever is thrown is the cause as it is, also what has no text', async () => {
  const world = await World.make();
  const odd = Object.assign(new Error(), {
    message: {
      toString: () => {
        throw new Error();
      },
    },
  });
  for (const thrown of ['text', 7, Symbol('symbol'), Object.create(null), null, odd, '\ud800']) {
    const error = await failure(
      send(
        asking(world, () => {
          throw thrown;
        }),
      ),
    );
    assert.equal(error.kind, 'auth');
    assert.equal(error.cause, thrown);
  }
});

test('a provider that gives no token fails the call', async () => {
  const world = await World.make();
  for (const given of [undefined, null, 7, {}, { token: 7 }, { token: 't', expiresIn: '60' }]) {
    const error = await failure(send(asking(world, () => /** @type {never} */ (given))));
    assert.equal(error.kind, 'auth');
    assert.ok(error.cause instanceof TypeError);
    assert.match(error.cause.message, /must return a token/);
  }
  for (const given of ['', { token: 't', expiresIn: -1 }, { token: 't', expiresIn: NaN }]) {
    assert.equal((await failure(send(asking(world, () => given)))).kind, 'auth');
  }
});

test('a provider is called as a plain function', async () => {
  const world = await World.make();
  /** @type {unknown[]} */
  const seen = [];
  const client = asking(
    world,
    /** @this {unknown} */ function () {
      seen.push(this, arguments.length);
      return '';
    },
  );
  await rejection(send(client));
  assert.deepEqual(seen, [undefined, 0]);
});

test('a provider may call another client', async () => {
  const world = await World.make();
  await send(asking(world, () => token(world)));
  assert.equal((await world.texts()).length, 1);
});

test('a process goes on after its provider threw', async () => {
  const world = await World.make();
  const { code, signal, output, errors } = await run('throwing-provider.mjs', world.environment);
  assert.deepEqual(
    { code, signal, output, errors },
    { code: 0, signal: null, output: 'auth auth went on\n', errors: '' },
  );
});
