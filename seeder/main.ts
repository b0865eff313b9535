#!/usr/bin/env node
import './young-heap.ts';
import { runCommandLine } from './commands/command-line.ts';

await runCommandLine(process.argv.slice(2), process.env);
