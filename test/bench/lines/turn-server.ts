import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { waitFor, within } from '../../support/wait.ts';

const PORT = 3478;
const RELAY_PORTS = { first: 50_000, last: 50_400 };
const EXIT_TIMEOUT_MS = 5000;

/** coturn on this address, with a secret that its users are made from; everything that it writes is in `folder`. */
export class TurnServer {
  /** As the server's command line takes them: by UDP, and by TCP for those who have nothing else. */
  readonly serverArguments: readonly string[];
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, address: string, secret: string) {
    this.child = child;
    const turn = `turn:${address}:${PORT}`;
    const servers = ['--ice-server', turn, '--ice-server', `${turn}?transport=tcp`];
    this.serverArguments = [...servers, '--turn-secret', secret];
  }

  static async start(program: string, address: string, secret: string, folder: string): Promise<TurnServer> {
    const child = spawn(
      program,
      [
        ...['-n', '--no-cli', '--no-tls', '--no-dtls', '--fingerprint', '--realm', 'lines'],
        ...['--listening-ip', address, '--relay-ip', address, '--listening-port', String(PORT)],
        ...['--min-port', String(RELAY_PORTS.first), '--max-port', String(RELAY_PORTS.last)],
        ...['--use-auth-secret', '--static-auth-secret', secret],
        ...['--pidfile', `${folder}/turn.pid`, '--userdb', `${folder}/turn.db`, '--log-file', 'stdout'],
      ],
      { stdio: 'ignore', cwd: folder },
    );
    const server = new TurnServer(child, address, secret);
    try {
      await waitFor(
        () => {
          if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
          return canConnect(address);
        },
        { text: 'the TURN server listens' },
      );
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return server;
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await within(exit, { timeoutMs: EXIT_TIMEOUT_MS, text: 'the TURN server ends' }).catch(() => this.kill());
  }

  /** For a process that is about to end. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}

function canConnect(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: PORT });
    const answer = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}
