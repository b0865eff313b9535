import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor, within } from './wait.ts';

const ENTRY = fileURLToPath(new URL('../../seeder/main.ts', import.meta.url));

export type CommandEnd = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the command line to its end, with no SWARMTUBE_ variable but those given, `input` on standard input, and `output` as its standard output. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input: Uint8Array = new Uint8Array(0),
  output: 'pipe' | number = 'pipe',
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ['pipe', output, 'pipe'],
    env: { ...withoutOurs(process.env), ...environment },
  });
  // Most commands do not read it, and may be gone before it is written.
  child.stdin?.on('error', () => {}).end(input);
  const read = collect(child);
  try {
    await within(once(child, 'close'), { text: `swarmtube ${args.join(' ')} ends` });
  } finally {
    child.kill('SIGKILL');
  }
  return { code: child.exitCode, ...read() };
}

/**
 * Starts a command that goes on, waits until it has written what `pattern` finds, and ends it with the test. `isRead`: somebody
 * reads its standard output.
 */
export async function startCommand(
  t: TestContext,
  args: readonly string[],
  pattern: RegExp,
  isRead = true,
): Promise<RegExpExecArray> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withoutOurs(process.env),
  });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  if (!isRead) child.stdout.destroy();
  const read = collect(child);
  return await waitFor(
    () => {
      const { stdout, stderr } = read();
      if (child.exitCode !== null) throw new Error(`swarmtube ended with ${child.exitCode}\n${stdout}${stderr}`);
      return pattern.exec(stdout + stderr);
    },
    { text: `swarmtube ${args.join(' ')} writes ${pattern}` },
  );
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return () => ({ stdout, stderr });
}

function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SWARMTUBE_')));
}
