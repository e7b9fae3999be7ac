// The sandbox in the process of the test.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from 'tidings';
import { Sandbox } from 'tidings/sandbox';

import { failure } from './support.mjs';

test('a sandbox answers when it has started, and no longer when it has stopped', async () => {
  const sandbox = await Sandbox.start();
  assert.match(sandbox.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const client = sandbox.client({ maxRetries: 0 });
  await client.execute('apps.list');
  await sandbox.stop();
  await sandbox.stop();
  assert.equal((await failure(client.execute('apps.list'))).kind, 'connect');
});

test('its key opens it, and no other', async () => {
  const sandbox = await Sandbox.start();
  const options = { projectId: 'any', baseUrl: sandbox.url, keyId: sandbox.keyId };
  await new Client({ ...options, keySecret: sandbox.keySecret }).execute('apps.list');
  assert.equal(
    (await failure(new Client({ ...options, keySecret: 'other' }).execute('apps.list'))).kind,
    'auth',
  );
});

test('a sandbox can be disposed of', async () => {
  const sandbox = await Sandbox.start();
  await sandbox[Symbol.asyncDispose]();
  const ledger = sandbox.client({ maxRetries: 0 }).execute('sandbox.ledger');
  assert.equal((await failure(ledger)).kind, 'connect');
});

test('a port that is taken is refused', async () => {
  const sandbox = await Sandbox.start();
  const port = Number(new URL(sandbox.url).port);
  await assert.rejects(Sandbox.start({ port }), /the sandbox could not be started: .*in use/);
  await sandbox.stop();
  await (await Sandbox.start({ port })).stop();
});

test('options that make no sense are refused', async () => {
  await assert.rejects(Sandbox.start({ port: 70_000 }), /port must be a whole number from 0 to 65535/);
  await assert.rejects(Sandbox.start({ seed: 0.5 }), /seed must be a whole number/);
});

test('two sandboxes with the same seed draw the same ids', async () => {
  const ids = [];
  for (const seed of [7, 7, 8]) {
    const sandbox = await Sandbox.start({ seed });
    const { requestId } = await sandbox.client().execute('apps.list');
    // What comes before is the time.
    ids.push(requestId?.slice(-16));
    await sandbox.stop();
  }
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
});
