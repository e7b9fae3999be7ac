// Calls a send off, with a function that is told of it and throws, and has nothing else to do.

import { Client } from 'tidings';

const controller = new AbortController();
const client = Client.fromEnv({
  timeout: 600_000,
  attemptTimeout: 600_000,
  onUnknown: (error) => {
    console.log(error.kind, error.sent);
    throw new Error('of the app');
  },
});
const body = { to: '+46701234567', text: 'Your code is 4711' };
const call = client.execute('sms.send', { body, signal: controller.signal });
const observer = Client.fromEnv();
for (let came = false; !came;) {
  const seen = await observer.execute('sandbox.list_requests', { query: { operation: 'messages.send' } });
  came = /** @type {{ requests: unknown[] }} */ (seen.json()).requests.length > 0;
}
controller.abort();
try {
  await call;
} catch (error) {
  console.log(error instanceof DOMException ? error.name : error);
}
