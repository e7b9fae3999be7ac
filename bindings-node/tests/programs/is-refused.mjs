// Has a call refused.

import { Client, TidingsError } from 'tidings';

const client = Client.fromEnv();
try {
  await client.execute('sms.send', { body: { to: '12', text: 'x' } });
} catch (error) {
  console.log(error instanceof TidingsError ? error.kind : error);
}
