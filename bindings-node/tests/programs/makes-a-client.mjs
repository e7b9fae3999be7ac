// Makes a client and does nothing with it.

import { Client } from 'tidings';

Client.fromEnv();
console.log('made');
