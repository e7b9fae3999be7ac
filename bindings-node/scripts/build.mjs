// Builds the package: the native library, and the JavaScript from the TypeScript. npm runs it when the package is installed
// from a checkout.
//
//     node scripts/build.mjs [--debug]

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');

function run(program, ...arguments_) {
  execFileSync(program, arguments_, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
}

// npm does not install the tools of a folder that it only links.
if (!existsSync(compiler)) run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
run('node', join('scripts', 'build-native.mjs'), ...process.argv.slice(2));
rmSync(join(folder, 'dist'), { recursive: true, force: true });
run('node', compiler, '--project', 'tsconfig.json');
// They describe what is no part of the surface, and nothing of the surface mentions them.
for (const name of ['bridge', 'given', 'native', 'signals']) rmSync(join(folder, 'dist', `${name}.d.ts`));
// npm packs nothing from outside of the folder.
for (const name of ['LICENSE-APACHE', 'LICENSE-MIT'])
  copyFileSync(join(folder, '..', name), join(folder, name));
