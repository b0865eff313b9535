import { fileReason } from '../file-reason.ts';

/** What is printed is what the command is for: whoever reads may have read enough (`| head`), and what cannot be written is told. */
export function endWithOutput(exitCode: number): void {
  onOutputLost((error) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`swarmtube: cannot write to standard output: ${fileReason(error)}\n`);
    process.exit(exitCode);
  });
}

/** Whoever read our output went away: no reason to stop a broadcast. */
export function outliveOutput(): void {
  onOutputLost(() => {});
  process.stderr.on('error', () => {});
}

/** In place of what was said before. */
function onOutputLost(react: (error: NodeJS.ErrnoException) => void): void {
  process.stdout.removeAllListeners('error').on('error', react);
}
