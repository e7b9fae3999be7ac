// A client as the environment says, and one that an option leads elsewhere.

import { Client, TidingsError } from 'tidings';

const client = Client.fromEnv();
await client.execute('sms.send', { body: { to: '+46701234567', text: 'Your code is 4711' } });
client.close();
const other = Client.fromEnv({ baseUrl: 'http://127.0.0.1:1', maxRetries: 0 });
other.close();
try {
  await other.execute('apps.list');
} catch (error) {
  console.log('sent', error instanceof TidingsError ? error.kind : error);
}
