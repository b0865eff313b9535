import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './source-text.ts';

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Made, fetched or private: not the project's text. */
const SKIPPED_FOLDERS = new Set(['node_modules', '.git', 'dist', 'data', 'fixtures', 'screenshots']);
const TEXT_FILE = /(?:\.(?:ts|mts|js|mjs|json|md|html|css|yml|yaml|svg|txt|sh)|\/run|^run|LICENSE|\.gitignore)$/;

/** Every text file of the project, sorted by path. */
export async function projectFiles(): Promise<SourceFile[]> {
  const paths: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(`${PROJECT_ROOT}/${folder}`, { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name)) await walk(path);
      } else if (entry.isFile() && TEXT_FILE.test(path)) paths.push(path);
    }
  };
  await walk('');
  paths.sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(`${PROJECT_ROOT}/${path}`, 'utf8') })));
}
