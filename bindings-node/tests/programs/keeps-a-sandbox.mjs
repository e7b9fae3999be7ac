// Uses a sandbox and does not stop it.

import { Sandbox } from 'tidings/sandbox';

const sandbox = await Sandbox.start();
await sandbox.client().execute('apps.list');
console.log('sent');
