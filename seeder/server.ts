import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errorText, hostError, SwarmtubeError } from '../shared/basics/errors.ts';
import type { Config } from './config.ts';
import { fileReason } from './file-reason.ts';

/** Slow senders of headers are cut after this: a browser needs milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Longer than the 60 s that proxies keep an idle connection for, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** A connection on which nothing moved for so long: stalled readers of files. Websockets keep their own time. */
const IDLE_TIMEOUT_MS = 70_000;
const TIMEOUT_CHECK_INTERVAL_MS = 5000;
/** What one process serves with 16 KiB of sockets each; an operator's ulimit is usually lower. */
const CONNECTIONS_MAX = 20_000;
const HEADER_BYTES_MAX = 16 * 1024;

/** HTTP, or HTTPS where the config names a certificate, with the limits that keep slow and idle clients from piling up. */
export async function createWebServer(config: Config, handle: RequestListener): Promise<Server> {
  const options = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    noDelay: true,
  };
  const server =
    config.tlsCert === undefined || config.tlsKey === undefined
      ? createHttpServer(options, handle)
      : await createTlsServer(config.tlsCert, config.tlsKey, options, handle);
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = IDLE_TIMEOUT_MS;
  return server;
}

async function createTlsServer(
  certFile: string,
  keyFile: string,
  options: object,
  handle: RequestListener,
): Promise<Server> {
  const [cert, key] = await Promise.all([readPem('--tls-cert', certFile), readPem('--tls-key', keyFile)]);
  try {
    return createHttpsServer({ ...options, cert, key }, handle);
  } catch (thrown) {
    throw new SwarmtubeError(
      'bad-certificate',
      `${certFile} and ${keyFile} do not work as certificate and key (${errorText(thrown)}); give two PEM files that belong together`,
    );
  }
}

async function readPem(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw new SwarmtubeError('bad-certificate', `cannot read ${path}, the file of ${option}: ${fileReason(thrown)}`);
  }
}

/** Gives the port that it listens on. */
export async function listen(server: Server, { host, port }: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port, backlog: 2048 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): SwarmtubeError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new SwarmtubeError(
        'port-in-use',
        `port ${port} of ${host} is in use: stop the program that has it, or choose another with --port`,
      );
    case 'EACCES':
      return new SwarmtubeError(
        'port-forbidden',
        `this user may not open port ${port}: choose one over 1023 with --port`,
      );
    default: {
      const text = `cannot listen on port ${port} of ${host}: ${error.message}`;
      return hostError(error.code, host) ?? new SwarmtubeError('cannot-listen', text);
    }
  }
}

/** Ends at once: what is under way is cut. */
export async function closeWebServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
