// What a native library that is missing, or cannot be loaded, says about itself.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What a copy of the package without its library says when it is loaded.
 *
 * @param {string[]} parts What there is of the package beside its JavaScript.
 * @param {(folder: string) => void} [change]
 */
function said(parts, change) {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-'));
  try {
    for (const part of ['dist', ...parts]) cpSync(join(root, part), join(folder, part), { recursive: true });
    change?.(folder);
    require(join(folder, 'dist', 'index.js'));
  } catch (thrown) {
    assert.ok(thrown instanceof Error);
    return { folder, error: thrown, message: thrown.message };
  } finally {
    rmSync(folder, { recursive: true });
  }
  return assert.fail('it was loaded');
}

const library = `tidings.${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}.node`;

test('a missing library is said with what was looked for, and where', () => {
  const { folder, message } = said(['package.json']);
  assert.match(message, /its native library is missing/);
  assert.ok(message.includes(library) && message.includes(folder));
  assert.match(message, new RegExp(`Node.js ${process.version} on ${process.platform}-${process.arch}`));
});

test('a library that cannot be loaded is said with the error of the system', () => {
  const { error, message } = said(['package.json'], (folder) => {
    writeFileSync(join(folder, library), 'no library');
  });
  assert.match(message, /could not be loaded/);
  assert.ok(error.cause instanceof Error);
  assert.ok(message.includes(error.cause.message));
});

test('a checkout is mended by building it', () => {
  const { folder, message } = said(['package.json', 'scripts']);
  assert.ok(message.includes(`npm run prepare\` in ${folder};`), message);
});

test('a package that was built elsewhere has nothing to build, and is replaced', () => {
  const { message } = said(['package.json']);
  assert.match(message, /built for another machine: install one that was built for this platform/);
  assert.doesNotMatch(message, /npm run/);
});

test('a bundle is mended by keeping the package out of it', () => {
  for (const change of [
    () => undefined,
    (/** @type {string} */ folder) => {
      writeFileSync(join(folder, 'package.json'), '{ "name": "an-app" }');
    },
  ]) {
    assert.match(said([], change).message, /keep tidings external \(with esbuild: --external:tidings\)/);
  }
});

test('a bundle of ES modules, which has no __dirname, says so too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-'));
  try {
    // What bundlers make of it, in short: a module of the other kind in a function.
    const body = readFileSync(join(root, 'dist', 'native.js'), 'utf8');
    const head =
      "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";
    const bundle = join(folder, 'bundle.mjs');
    writeFileSync(bundle, `${head}\n((exports) => {\n${body}\n})({});\n`);
    await assert.rejects(import(pathToFileURL(bundle).href), /missing.*keep tidings external/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
