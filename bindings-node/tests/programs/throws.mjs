// Falls over in the middle of a call.

import { Client } from 'tidings';

const client = Client.fromEnv();
void client.execute('apps.list');
setTimeout(() => {
  throw new Error('a fault of the app');
}, 20);
