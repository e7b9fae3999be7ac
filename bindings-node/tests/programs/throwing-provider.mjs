// A provider that throws, and one that rejects; the process has other things to do.

import { Client, TidingsError } from 'tidings';

const { SINCH_PROJECT_ID: projectId, TIDINGS_BASE_URL: baseUrl } = process.env;
/** @type {unknown[]} */
const outcomes = [];
for (const tokenProvider of [
  () => {
    throw new Error('the backend is down');
  },
  () => Promise.reject(new Error('the backend is down')),
]) {
  const client = new Client({ projectId, baseUrl, tokenProvider });
  try {
    await client.execute('apps.list');
  } catch (error) {
    outcomes.push(error instanceof TidingsError ? error.kind : error);
  }
}
setTimeout(() => {
  console.log(...outcomes, 'went on');
}, 10);
