// The same surface from CommonJS.

import tidings = require('tidings');
import sandbox = require('tidings/sandbox');

export async function compiles(): Promise<boolean> {
  const started = await sandbox.Sandbox.start();
  const client: tidings.Client = started.client();
  return (await client.execute('apps.list')) instanceof tidings.Response;
}
