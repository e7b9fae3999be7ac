// What the collection of garbage takes, and what it must leave.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Client } from 'tidings';
import { Sandbox } from 'tidings/sandbox';

import { eventually, rejection, send, TEXT, World } from './support.mjs';

setFlagsFromString('--expose-gc');
const gc = /** @type {() => void} */ (runInNewContext('gc'));

async function collect() {
  gc();
  await turn(); // finalizers run between the turns of the event loop
}

test('a call goes on although nobody holds its client', async () => {
  const world = await World.make();
  await world.fault({ stage: 'AFTER_ACCEPT', action: 'DELAY', operation: 'messages.send', delay_ms: 100 });
  let sent = false;
  void send(world.client()).then(() => (sent = true));
  await eventually(async () => {
    await collect();
    return sent;
  });
  assert.deepEqual(await world.texts(), [TEXT]);
});

test('a client that nobody holds is collected, with its provider and its connections', async () => {
  const world = await World.make();
  /** @type {WeakRef<object>[]} */
  const left = [];
  await (async () => {
    const tokenProvider = async () => {
      const answer = await world.observer.execute('auth.token', {
        body: { grant_type: 'client_credentials' },
      });
      return /** @type {{ access_token: string }} */ (answer.json()).access_token;
    };
    const client = new Client({ projectId: 'sandbox-project', baseUrl: world.sandbox.url, tokenProvider });
    await client.execute('apps.list');
    left.push(new WeakRef(client), new WeakRef(tokenProvider));
  })();
  await eventually(async () => {
    await collect();
    return left.every((reference) => reference.deref() === undefined);
  });
});

test('a client that nobody holds still tells of a send that was called off, and is collected then', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  for (let round = 1; round <= 5; round += 1) {
    /** @type {string[]} */
    const heard = [];
    /** @type {WeakRef<object>[]} */
    const left = [];
    await (async () => {
      const controller = new AbortController();
      const onUnknown = (/** @type {Error & { kind: string }} */ error) => void heard.push(error.kind);
      const client = world.client({ onUnknown });
      const call = rejection(send(client, { signal: controller.signal }));
      left.push(new WeakRef(client), new WeakRef(onUnknown));
      await eventually(async () => (await world.requests('messages.send')).length === round);
      controller.abort();
      await call;
    })();
    gc();
    await eventually(() => heard.length === 1);
    await eventually(async () => {
      await collect();
      return left.every((reference) => reference.deref() === undefined);
    });
    assert.deepEqual(heard, ['cancelled']);
  }
});

test('a sandbox goes on although nobody holds more than its address', async () => {
  const { url } = await Sandbox.start();
  for (let round = 0; round < 5; round += 1) await collect();
  assert.equal((await fetch(`${url}/_sandbox/ledger`)).status, 200);
});
