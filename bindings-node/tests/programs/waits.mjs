// Makes a call that is answered late, and has nothing else to do.

import { Client, TidingsError } from 'tidings';

const client = Client.fromEnv({ timeout: 500 });
client
  .execute('sms.send', { body: { to: '+46701234567', text: 'Your code is 4711' } })
  .catch((/** @type {unknown} */ error) => {
    console.log(error instanceof TidingsError ? error.kind : error);
  });
