// Worker threads have an event loop of their own, and may end at any moment.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { eventually, send, TEXT, World } from './support.mjs';

/** @param {World} world @param {string} work */
function start(world, work) {
  return new Worker(new URL('programs/worker.mjs', import.meta.url), {
    env: world.environment,
    workerData: work,
  });
}

test('a worker sends, and ends by itself', async () => {
  const world = await World.make();
  const worker = start(world, 'send');
  const [[outcomes], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  assert.deepEqual(outcomes, Array(10).fill('sent'));
  assert.equal(code, 0);
  assert.equal((await world.texts()).length, 10);
});

test('twenty workers that are terminated with calls in flight leave the others alone', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const client = world.client();
  const workers = Array.from({ length: 20 }, () => start(world, 'hang'));
  await eventually(async () => (await world.requests('apps.list')).length === 60);
  const sent = send(client);
  assert.deepEqual(await Promise.all(workers.map((worker) => worker.terminate())), Array(20).fill(1));
  await sent;
  await send(client);
  assert.deepEqual(await world.texts(), [TEXT, TEXT]);
  // Nobody waits for their calls any more, and so they end.
  await world.abandoned('apps.list', 60);
});

test('twenty workers can be terminated while answers come in', async () => {
  const world = await World.make();
  const client = world.client();
  for (let round = 0; round < 4; round += 1) {
    const workers = Array.from({ length: 5 }, () => start(world, 'flood'));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await pause(round * 3);
    await Promise.all(workers.map((worker) => worker.terminate()));
    await send(client);
  }
  assert.equal((await world.texts()).length, 4);
});

test('workers can be terminated while their providers are asked for tokens', async () => {
  const world = await World.make();
  const workers = Array.from({ length: 4 }, () => start(world, 'wait for a token'));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await Promise.all(workers.map((worker) => worker.terminate()));
  await send(world.client());
  assert.deepEqual(await world.texts(), [TEXT]);
});

test('workers can be terminated with a sandbox that runs', async () => {
  const world = await World.make();
  const worker = start(world, 'keep a sandbox');
  /** @type {[string]} */
  const [url] = /** @type {any} */ (await once(worker, 'message'));
  assert.equal((await fetch(`${url}/_sandbox/ledger`)).status, 200);
  await worker.terminate();
  await eventually(() =>
    fetch(`${url}/_sandbox/ledger`).then(
      () => false,
      () => true,
    ),
  );
});
