// Leaves in the middle of calls.

import { Client } from 'tidings';

const client = Client.fromEnv({ timeout: 600_000, attemptTimeout: 600_000 });
await client.execute('sandbox.ledger');
for (let call = 0; call < 8; call += 1) {
  void client.execute('apps.list');
  void client.execute('sandbox.ledger');
}
setTimeout(() => process.exit(7), 20);
