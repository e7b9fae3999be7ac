// The examples of the documentation run, and do what they say.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInThisContext } from 'node:vm';

import { Client, TidingsError } from 'tidings';

import { World } from './support.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** The pieces of JavaScript in a file, without the stars of comments. @param {string} name */
function snippets(name) {
  const text = readFileSync(`${folder}${name}`, 'utf8').replaceAll(/^ *\* ?/gm, '');
  return [...text.matchAll(/^```js\n(.*?)^```/gms)].map((found) => String(found[1]));
}

test('the examples of the README are programs', async () => {
  const outputs = [
    /^accepted: [0-9A-Z]{26}\ntexts on the handset: 1\n$/,
    /^unknown_outcome true order 7\ntexts on the handset: 1\n$/,
  ];
  const programs = snippets('README.md');
  assert.equal(programs.length, outputs.length);
  for (const [index, program] of programs.entries()) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { cwd: folder },
    );
    assert.match(stdout, /** @type {RegExp} */ (outputs[index]));
  }
});

const documented = readdirSync(`${folder}ts`)
  .map((name) => `ts/${name}`)
  .filter((name) => snippets(name).length > 0);

test('the classes and the functions of the app have examples', () => {
  assert.deepEqual(documented.sort(), [
    'ts/client.ts',
    'ts/errors.ts',
    'ts/events.ts',
    'ts/sandbox.ts',
    'ts/token.ts',
  ]);
});

for (const name of documented) {
  test(`the examples of ${name} run`, async (context) => {
    const world = await World.make();
    const backend = createServer((_, response) => {
      void world.observer
        .execute('auth.token', { body: { grant_type: 'client_credentials' } })
        .then(({ body }) => response.end(body));
    });
    backend.listen(0, '127.0.0.1');
    await once(backend, 'listening');
    context.after(() => backend.close());
    const { port } = /** @type {import('node:net').AddressInfo} */ (backend.address());
    // A sandbox that has the app already, since the examples are about something else.
    const SandboxWithApp = { start: () => Promise.resolve(world.sandbox) };
    const given = {
      Client,
      TidingsError,
      Sandbox: SandboxWithApp,
      console: { log: () => undefined },
      projectId: 'sandbox-project',
      keyId: world.sandbox.keyId,
      keySecret: world.sandbox.keySecret,
      baseUrl: world.sandbox.url,
      appId: world.appId,
      tokenUrl: `http://127.0.0.1:${String(port)}`,
      client: world.client(),
    };
    for (const snippet of snippets(name)) {
      const source = `async ({ ${Object.keys(given).join(', ')} }) => { { ${snippet} } }`;
      const run = /** @type {(scope: object) => Promise<void>} */ (runInThisContext(source));
      await run(given);
    }
  });
}
