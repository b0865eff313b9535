import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor, within } from './wait.ts';

const ENTRY = fileURLToPath(new URL('../../seeder/main.ts', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const EXIT_TIMEOUT_MS = 20_000;

export type ServerOptions = {
  /** The command and what is special to it, as a user types it; none: the demo. */
  readonly args?: readonly string[];
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** The program. Default: seeder/main.ts as it is, without a build. */
  readonly entry?: string;
};

/** The real command line in a process of its own, with a data folder of its own. */
export class ServerProcess {
  private readonly options: ServerOptions;
  private readonly data: string;
  private child: ChildProcess | undefined;
  private text = '';
  /** 0 until the server has told. */
  port = 0;

  constructor(options: ServerOptions, data: string) {
    this.options = options;
    this.data = data;
  }

  /** Where tests reach it. */
  get url(): string {
    const host = this.options.host ?? '127.0.0.1';
    return `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** All that it has written, standard output and error together. */
  get output(): string {
    return this.text;
  }

  /** Starts it, the second time on the port it had. Done when it has printed its address. */
  async start(): Promise<void> {
    assert.equal(this.child, undefined, 'the server already runs');
    const { args = [], host = '127.0.0.1', port = 0, entry = ENTRY } = this.options;
    const common = ['--host', host, '--port', String(this.port || port), '--data', this.data, '--stun-port', '0'];
    const textBefore = this.text.length;
    const child = spawn(process.execPath, [entry, ...args, ...common], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.text += text;
      });
    }
    await waitFor(
      () => {
        const told = /https?:\/\/[^\s/]+:(\d+)\/watch\//.exec(this.text.slice(textBefore));
        if (told !== null) this.port = Number(told[1]);
        else if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${this.text}`);
        return told !== null;
      },
      { timeoutMs: START_TIMEOUT_MS, text: 'the server prints its address' },
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n--- what the server wrote:\n${this.text}`);
    });
  }

  /** Ctrl-C. Asserts that it ends by itself, and with success. */
  async stop(): Promise<void> {
    const { code, signal } = await this.end('SIGINT');
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `how the server ended\n${this.text}`);
  }

  /** Dies on the spot, as at a power cut. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** For the end of a test, whatever state it is in. */
  async dispose(): Promise<void> {
    if (this.child !== undefined) await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const child = this.child;
    assert.ok(child !== undefined, 'the server does not run');
    this.child = undefined;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill(signal);
      try {
        await within(exit, { timeoutMs: EXIT_TIMEOUT_MS, text: `the server ends on ${signal}` });
      } catch (error) {
        child.kill('SIGKILL');
        throw error;
      }
    }
    return { code: child.exitCode, signal: child.signalCode };
  }
}

/** Starts a server that is gone, with its data, when the test ends. */
export async function startServer(t: TestContext, options: ServerOptions = {}): Promise<ServerProcess> {
  const server = new ServerProcess(options, await mkdtemp(join(tmpdir(), 'swarmtube-data-')));
  t.after(() => server.dispose());
  await server.start();
  return server;
}

/** Serves this file round and round as a live channel. */
export function startLoop(
  t: TestContext,
  file: string,
  channel: string,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  return startServer(t, { ...options, args: ['seed', file, '--channel', channel, '--loop', ...(options.args ?? [])] });
}
