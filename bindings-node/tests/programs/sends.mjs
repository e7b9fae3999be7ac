// Sends, and leaves its connections open.

import { Client } from 'tidings';

const client = Client.fromEnv();
await client.execute('sms.send', { body: { to: '+46701234567', text: 'Your code is 4711' } });
console.log('sent');
