import { errorText } from '../shared/basics/errors.ts';

/** Why a file could not be read or written, to stand behind its path: the system's own text repeats call and path. */
export function fileReason(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? errorText(thrown).replace(/^E[A-Z]+: ([^,]*),.*$/s, '$1');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the machine has too many files open',
};
