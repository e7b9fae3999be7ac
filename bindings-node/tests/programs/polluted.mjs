// What hangs on Object.prototype leads no client elsewhere, changes no call and no error.

import { Client, TidingsError } from 'tidings';

const { SINCH_PROJECT_ID, SINCH_KEY_ID, SINCH_KEY_SECRET, SINCH_APP_ID, TIDINGS_BASE_URL } = process.env;
delete process.env['SINCH_REGION'];
/** @type {Record<string, unknown>} */
const hung = {
  ...{
    baseUrl: 'http://127.0.0.1:1',
    token: 'stolen',
    region: 'us',
    timeout: 0,
    maxRetries: 0.5,
    appId: 'lost',
  },
  ...{
    allowInsecure: 'yes',
    tokenProvider: 'none',
    kind: 'config',
    text: 'hung',
    languageVersion: 7,
    port: 'x',
  },
  ...{
    signal: AbortSignal.abort('hung'),
    body: { to: '12' },
    path: { a: 1 },
    query: { a: 1 },
    headers: { a: 1 },
  },
  ...{
    status: 418,
    code: 'HUNG',
    cause: 'hung',
    causeNumber: 0,
    evidence: { phase: 'hung' },
    requestId: 'hung',
  },
  ...{
    TIDINGS_BASE_URL: 'http://127.0.0.1:1',
    SINCH_REGION: 'us',
    expiresIn: -1,
    once: 'x',
    location: 'hung',
    rateLimit: 0,
    proxy: 'hung',
    caCerts: 'hung',
    onUnknown: 'hung',
    replayUnknown: 'hung',
  },
};
Object.assign(Object.prototype, hung);
/** @type {unknown[]} */
const seen = [];

const options = {
  projectId: SINCH_PROJECT_ID,
  keyId: SINCH_KEY_ID,
  keySecret: SINCH_KEY_SECRET,
  appId: SINCH_APP_ID,
  baseUrl: TIDINGS_BASE_URL,
};
const body = { to: '+46701234567', text: 'Your code is 4711' };
for (const client of [new Client(options), Client.fromEnv()]) {
  const { signal } = new AbortController();
  await client.execute('sms.send', { body, signal });
  await client.execute('apps.list');
}
const lost = new Client({ ...options, baseUrl: 'http://127.0.0.1:1' });
try {
  await lost.execute('sms.send', { body, maxRetries: 0 });
} catch (error) {
  if (!(error instanceof TidingsError)) throw error;
  seen.push(error.kind, error.body, error.evidence, Object.hasOwn(error, 'status'));
}
delete process.env['TIDINGS_BASE_URL'];
try {
  Client.fromEnv();
} catch (error) {
  seen.push(error instanceof TidingsError && error.message);
}
for (const name of Object.keys(hung)) Reflect.deleteProperty(Object.prototype, name); // Node.js itself would fall over them
console.log(...seen);
