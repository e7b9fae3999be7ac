// Processes end by themselves when their calls have ended, and not before.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run, TEXT, World } from './support.mjs';

/** @param {number} length @param {() => Promise<void>} work */
async function repeat(length, work) {
  const width = 4;
  await Promise.all(
    Array.from({ length: width }, async (_, lane) => {
      for (let number = lane; number < length; number += width) await work();
    }),
  );
}

for (const [what, program, times, expected] of /** @type {[string, string, number, object][]} */ ([
  ['sent something and closed nothing', 'sends.mjs', 30, { code: 0, output: 'sent\n' }],
  ['had a call refused', 'is-refused.mjs', 10, { code: 0, output: 'invalid_request\n' }],
  ['only made a client', 'makes-a-client.mjs', 10, { code: 0, output: 'made\n' }],
  ['only loaded the package', 'loads.mjs', 3, { code: 0, output: 'loaded\n' }],
])) {
  test(`a process that ${what} ends by itself, ${String(times)} times`, async () => {
    const world = await World.make();
    await repeat(times, async () => {
      const ended = await run(program, world.environment);
      assert.deepEqual(ended, { signal: null, errors: '', ...expected });
    });
    const sent = program === 'sends.mjs' ? times : 0;
    assert.deepEqual(await world.texts(), Array(sent).fill(TEXT));
  });
}

test('a process waits for a call that nothing else keeps alive, and then ends', async () => {
  const world = await World.make();
  await world.hang('messages.send');
  const ended = await run('waits.mjs', world.environment);
  assert.deepEqual(ended, { code: 0, signal: null, output: 'unknown_outcome\n', errors: '' });
});

test('process.exit ends a process with calls in flight, ten times', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  await repeat(10, async () => {
    const ended = await run('exits.mjs', world.environment);
    assert.deepEqual(ended, { code: 7, signal: null, output: '', errors: '' });
  });
});

test('an uncaught exception ends a process with calls in flight', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const ended = await run('throws.mjs', world.environment);
  assert.equal(ended.code, 1);
  assert.equal(ended.signal, null);
  assert.match(ended.errors, /Error: a fault of the app/);
});

test('a sandbox that runs does not keep its process alive', async () => {
  const ended = await run('keeps-a-sandbox.mjs');
  assert.deepEqual(ended, { code: 0, signal: null, output: 'sent\n', errors: '' });
});

test('a call called off does not keep its process alive', async () => {
  const world = await World.make();
  await world.hang('apps.list');
  const ended = await run('calls-off.mjs', world.environment);
  assert.deepEqual(ended, { code: 0, signal: null, output: 'AbortError\n', errors: '' });
});
