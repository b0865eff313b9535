/* The STUN responder over real UDP: a client of our own, libdatachannel, and a port that is taken. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, type TestContext, test } from 'node:test';
import { cleanup, PeerConnection } from 'node-datachannel';
import { decodeStunMessage, STUN_XOR_MAPPED_ADDRESS } from '../../../tracker/core/stun-message.ts';
import { startStunServer } from '../../../tracker/stun-server.ts';

// Its threads would keep the process.
after(() => cleanup());

const REQUEST = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');

for (const [host, type, expected] of [
  ['127.0.0.1', 'udp4', '0001'],
  ['::1', 'udp6', '0002'],
] as const) {
  test(`a client at ${host} learns its own port`, async (context) => {
    const server = await started(context, host);
    const client = createSocket(type);
    context.after(() => client.close());
    client.bind(0, host);
    await once(client, 'listening');
    client.send(Buffer.from('not stun at all'), server.port, host);
    client.send(REQUEST, server.port, host);
    const [answer] = (await once(client, 'message')) as [Buffer];
    const attributes = decodeStunMessage(answer)?.attributes ?? [];
    assert.equal(attributes.length, 1);
    const value = Buffer.from(attributes[0]?.value ?? []);
    assert.equal(attributes[0]?.type, STUN_XOR_MAPPED_ADDRESS);
    assert.equal(value.subarray(0, 2).toString('hex'), expected);
    assert.equal(value.readUInt16BE(2) ^ 0x2112, client.address().port);
  });
}

test('libdatachannel gathers through it to the end', async (context) => {
  const server = await started(context, '127.0.0.1');
  const peer = new PeerConnection('asks', { iceServers: [`stun:127.0.0.1:${server.port}`] });
  const gathered = new Promise<void>((resolve) => {
    peer.onGatheringStateChange((state) => {
      if (state === 'complete') resolve();
    });
  });
  peer.createDataChannel('data');
  await gathered;
  const closed = new Promise<void>((resolve) => {
    peer.onStateChange((state) => {
      if (state === 'closed') resolve();
    });
  });
  peer.close();
  await closed;
});

test('a port in use is told in one sentence that names the option', async (context) => {
  const { port } = await started(context, '127.0.0.1');
  await assert.rejects(startStunServer({ host: '127.0.0.1', port }), {
    code: 'stun-port',
    message: `UDP port ${port} for STUN is in use; choose another with --stun-port.`,
  });
});

async function started(context: TestContext, host: string) {
  const server = await startStunServer({ host, port: 0 });
  context.after(() => server.close());
  return server;
}
