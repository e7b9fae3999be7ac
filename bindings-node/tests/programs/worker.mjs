// What a worker does, as its data say.

import { parentPort, workerData } from 'node:worker_threads';

import { Client } from 'tidings';
import { Sandbox } from 'tidings/sandbox';

const body = { to: '+46701234567', text: 'Your code is 4711' };
const { SINCH_PROJECT_ID: projectId, TIDINGS_BASE_URL: baseUrl } = process.env;

switch (workerData) {
  case 'send': {
    const client = Client.fromEnv();
    const calls = Array.from({ length: 10 }, () => client.execute('sms.send', { body }));
    await Promise.all(calls);
    parentPort?.postMessage(calls.map(() => 'sent'));
    break;
  }
  case 'hang': {
    // Only the end of the worker can end these calls.
    const client = Client.fromEnv({ timeout: 600_000, attemptTimeout: 600_000 });
    const { signal } = new AbortController();
    await Promise.all([
      client.execute('apps.list'),
      client.execute('apps.list', { signal }),
      client.execute('apps.list', { maxRetries: 0 }),
    ]);
    break;
  }
  case 'flood': {
    const client = Client.fromEnv();
    let told = false;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (;;) {
          await client.execute('sandbox.ledger');
          if (!told) parentPort?.postMessage('under way');
          told = true;
        }
      }),
    );
    break;
  }
  case 'wait for a token': {
    const tokenProvider = () => {
      parentPort?.postMessage('asked');
      return new Promise((/** @type {(token: string) => void} */ resolve) =>
        setTimeout(resolve, 60_000, 'late'),
      );
    };
    await new Client({ projectId, baseUrl, tokenProvider }).execute('apps.list');
    break;
  }
  case 'keep a sandbox': {
    const sandbox = await Sandbox.start();
    await sandbox.client().execute('apps.list');
    parentPort?.postMessage(sandbox.url);
    await new Promise(() => setInterval(() => undefined, 1000));
  }
}
