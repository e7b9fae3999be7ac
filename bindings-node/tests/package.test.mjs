// What npm would pack.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

async function packed() {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    shell: process.platform === 'win32',
  });
  const [{ files }] = /** @type {[{ files: { path: string }[] }]} */ (JSON.parse(stdout));
  return files.map(({ path }) => path);
}

test('the package has its licences, its library and its README, and no sources', async () => {
  const paths = await packed();
  for (const path of ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json']) {
    assert.ok(paths.includes(path), path);
  }
  assert.equal(paths.filter((path) => path.endsWith('.node')).length, 1);
  const others = paths.filter((path) => path.includes('/') && !path.startsWith('dist/'));
  assert.deepEqual(others, []);
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    assert.equal(readFileSync(join(root, name), 'utf8'), readFileSync(join(root, '..', name), 'utf8'));
  }
});

test('its types mention nothing that is not packed, and nothing native', async () => {
  const paths = await packed();
  const declarations = paths.filter((path) => /\.d\.m?ts$/.test(path));
  assert.ok(declarations.includes('dist/index.d.ts'));
  // Compilers take no types by themselves any more.
  assert.match(readFileSync(join(root, 'dist', 'response.d.ts'), 'utf8'), /<reference types="node"/);
  for (const declaration of declarations) {
    const text = readFileSync(join(root, declaration), 'utf8');
    for (const [, name] of text.matchAll(/(?:from |import\()'(\.[^']*)'/g)) {
      const path = posix.join(posix.dirname(declaration), String(name)).replace(/\.(m?)js$/, '.d.$1ts');
      assert.ok(paths.includes(path), `${declaration} imports ${path}`);
    }
    assert.doesNotMatch(text, /Native[A-Z]/, declaration);
  }
});
