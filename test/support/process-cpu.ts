import { readdir, readFile } from 'node:fs/promises';

/** Linux counts CPU in hundredths of a second, on every machine that anybody has. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process and all its living descendants have used so far; undefined where there is no /proc. */
export async function cpuSecondsOfTree(rootPid: number): Promise<number | undefined> {
  const processes = new Map<number, { readonly parent: number; readonly seconds: number }>();
  const entries = await readdir('/proc').catch(() => undefined);
  if (entries === undefined) return undefined;
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) continue;
    // The second field is the program's name in brackets, and may hold anything: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime, stime, and those of children that have ended.
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    processes.set(Number(entry), { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND });
  }
  let seconds = 0;
  for (const [pid, own] of processes) {
    if (pid === rootPid || hasAncestor(processes, pid, rootPid)) seconds += own.seconds;
  }
  return seconds;
}

function hasAncestor(
  processes: ReadonlyMap<number, { readonly parent: number }>,
  pid: number,
  ancestor: number,
): boolean {
  let at = processes.get(pid);
  for (let depth = 0; at !== undefined && depth < 64; depth++) {
    if (at.parent === ancestor) return true;
    at = processes.get(at.parent);
  }
  return false;
}
