// The package is the same one, however it is loaded.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import * as package_ from 'tidings';
import * as sandbox from 'tidings/sandbox';

import { failure, send, World } from './support.mjs';

const require = createRequire(import.meta.url);

test('ESM and CommonJS have the same classes', async () => {
  const required = /** @type {typeof package_} */ (require('tidings'));
  const requiredSandbox = /** @type {typeof sandbox} */ (require('tidings/sandbox'));
  assert.equal(required.Client, package_.Client);
  assert.equal(required.TidingsError, package_.TidingsError);
  assert.equal(required.Response, package_.Response);
  assert.equal(requiredSandbox.Sandbox, sandbox.Sandbox);

  const world = await World.make();
  const client = new required.Client({
    projectId: 'sandbox-project',
    keyId: world.sandbox.keyId,
    keySecret: world.sandbox.keySecret,
    baseUrl: world.sandbox.url,
    appId: world.appId,
  });
  assert.ok(client instanceof package_.Client);
  assert.ok((await send(client)) instanceof package_.Response);
  assert.ok((await failure(client.execute('sms.send', { body: {} }))) instanceof required.TidingsError);
});

test('the package offers what it documents, and no more', () => {
  assert.deepEqual(Object.keys(package_).sort(), ['Client', 'Response', 'TidingsError']);
  assert.deepEqual(Object.keys(sandbox), ['Sandbox']);
});
