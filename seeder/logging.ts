import { destination, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import type { Logger } from '../shared/basics/log.ts';
import type { LogLevel } from './config.ts';

/** Lines on standard error: short ones where a person watches, JSON where a program collects them. */
export function createLogger(level: LogLevel): Logger {
  const options = { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: levelName } };
  const logger: PinoLogger = process.stderr.isTTY
    ? pino(options, { write: (line: string) => process.stderr.write(forPeople(line)) })
    : pino(options, destination({ fd: 2, sync: true }));
  return logger;
}

function levelName(label: string): object {
  return { level: label };
}

/** `12:00:05 warn  the feed answers 404 (channel: main)` */
function forPeople(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const facts = Object.entries(fields).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${clock} ${String(level).padEnd(5)} ${msg}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}\n`;
}
