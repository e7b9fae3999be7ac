// The Node.js contenders of `cargo xtask bench`: CONTENDER URL SENDS AT_ONCE.
//
// Prints how many were sent, the CPU seconds of this process and the wall seconds they took.

const [contender, url, sends, atOnce] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];

const PROJECT = 'project';
const APP = '01HKWT3XRVH6RP17S8KSBC4PYR';
const TO = '+46701234567';
const TEXT = 'Your code is 4711';

// So high that nobody waits for a turn, and the limiter's cost is measured all the same.
const NO_WAIT = 1_000_000_000;

// The share of sends that warm up and do not count.
const WARM_UP = 10;

const body = () => ({
  app_id: APP,
  recipient: { identified_by: { channel_identities: [{ channel: 'SMS', identity: TO }] } },
  message: { text_message: { text: TEXT } },
});

async function many(send, count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function measure(send) {
  await many(send, sends / WARM_UP);
  const [cpu, wall] = [process.cpuUsage(), process.hrtime.bigint()];
  await many(send, sends);
  const { user, system } = process.cpuUsage(cpu);
  console.log(sends, (user + system) / 1e6, Number(process.hrtime.bigint() - wall) / 1e9);
}

function accepted(answer) {
  if (!answer.message_id) throw new Error('no message id');
}

const contenders = {
  async tidings() {
    const { Client } = await import('tidings');
    const options = { projectId: PROJECT, keyId: 'key', keySecret: 'secret', baseUrl: url };
    const client = new Client({ ...options, rateLimit: NO_WAIT });
    await measure(async () => accepted((await client.execute('messages.send', { body: body() })).json()));
  },
  async undici() {
    const { Pool } = await import('undici');
    const pool = new Pool(url, { connections: atOnce });
    const headers = { authorization: 'Bearer a-token-of-the-bench', 'content-type': 'application/json' };
    const path = `/v1/projects/${PROJECT}/messages:send`;
    await measure(async () => {
      const answer = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(body()) });
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
      accepted(await answer.body.json());
    });
    await pool.close();
  },
  async fetch() {
    const headers = { authorization: 'Bearer a-token-of-the-bench', 'content-type': 'application/json' };
    const address = `${url}/v1/projects/${PROJECT}/messages:send`;
    await measure(async () => {
      const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body()) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      accepted(await answer.json());
    });
  },
};

await contenders[contender]();
