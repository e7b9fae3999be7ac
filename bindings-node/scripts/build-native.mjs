// Builds the native library with cargo and puts it beside package.json, under the name that ts/native.ts looks for.
//
//     node scripts/build-native.mjs [--debug]
//
// A release build unless --debug is given or TIDINGS_BUILD_PROFILE is "debug". Needs nothing but Node.js and cargo.

import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const debug = process.argv.includes('--debug') || process.env.TIDINGS_BUILD_PROFILE === 'debug';

/** The library that cargo has built. */
function library() {
  const output = cargo(
    'build',
    '--locked',
    '--package',
    'tidings-node',
    '--lib',
    ...(debug ? [] : ['--release']),
    ['--message-format=json-render-diagnostics'],
  );
  for (const line of output.split('\n')) {
    const message = line.startsWith('{') ? JSON.parse(line) : {};
    if (message.reason !== 'compiler-artifact' || message.target.name !== 'tidings_node') continue;
    const found = message.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
    if (found) return found;
  }
  throw new Error('cargo has built no library');
}

function cargo(...arguments_) {
  try {
    return run('cargo', arguments_.flat());
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    console.error('tidings is built from source with Rust, and cargo was not found: see https://rustup.rs');
    process.exit(1);
  }
}

function run(program, arguments_) {
  const stdio = ['ignore', 'pipe', 'inherit'];
  return execFileSync(program, arguments_, { cwd: folder, encoding: 'utf8', stdio, maxBuffer: 2 ** 28 });
}

/** `gnu` or `musl` on Linux, as the last part of the compiler's own target says. */
function libc() {
  if (process.platform !== 'linux') return '';
  const host = /^host: (.*)$/m.exec(run('rustc', ['-vV']))?.[1] ?? '';
  return host.includes('musl') ? '-musl' : '-gnu';
}

const target = join(folder, `tidings.${process.platform}-${process.arch}${libc()}.node`);
// Moved into its place: a process that has the old one loaded must keep it as it was.
copyFileSync(library(), `${target}.new`);
renameSync(`${target}.new`, target);
