// Calls a call off, and has nothing else to do.

import { Client } from 'tidings';

const controller = new AbortController();
const client = Client.fromEnv({ timeout: 600_000, attemptTimeout: 600_000 });
const call = client.execute('apps.list', { signal: controller.signal });
setTimeout(() => {
  controller.abort();
}, 20);
try {
  await call;
} catch (error) {
  console.log(error instanceof DOMException ? error.name : error);
}
