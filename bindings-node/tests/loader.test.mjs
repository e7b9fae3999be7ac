// What a native library that is missing, or cannot be loaded, says about itself.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** What a copy of the package without its library says when it is loaded. @param {(folder: string) => void} [change] */
function said(change) {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-'));
  try {
    cpSync(fileURLToPath(new URL('../dist', import.meta.url)), join(folder, 'dist'), { recursive: true });
    change?.(folder);
    require(join(folder, 'dist', 'index.js'));
  } catch (thrown) {
    assert.ok(thrown instanceof Error);
    return thrown;
  } finally {
    rmSync(folder, { recursive: true });
  }
  return assert.fail('it was loaded');
}

const library = `tidings.${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}.node`;

test('a missing library is said with what was looked for, where, and the mend', () => {
  const { message } = said();
  assert.match(message, /its native library is missing/);
  assert.ok(message.includes(library));
  assert.match(message, new RegExp(`Node.js ${process.version} on ${process.platform}-${process.arch}`));
  assert.match(message, /npm run prepare/);
});

test('a library that cannot be loaded is said with the error of the system', () => {
  const error = said((folder) => {
    writeFileSync(join(folder, library), 'no library');
  });
  assert.match(error.message, /could not be loaded/);
  assert.ok(error.cause instanceof Error);
  assert.ok(error.message.includes(error.cause.message));
  assert.match(error.message, /npm run prepare/);
});
