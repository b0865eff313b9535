import { SwarmtubeError } from '../basics/errors.ts';

/*
 * Small checks for what came out of JSON. Each returns the value it was given, or throws `SwarmtubeError('bad-message')`
 * with a sentence that names the wrong key. Written by hand: the page pays for every byte.
 */

export type Fields = Readonly<Record<string, unknown>>;

export function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${what} must be an object`);
  return value as Fields;
}

export function optional<T>(fields: Fields, key: string, parse: (value: unknown) => T): T | undefined {
  return fields[key] === undefined ? undefined : parse(fields[key]);
}

export function text(value: unknown, what: string, lengthMax: number): string {
  if (typeof value !== 'string' || value.length > lengthMax) {
    throw bad(`${what} must be text of at most ${lengthMax} characters`);
  }
  return value;
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw bad(`${what} must be true or false`);
  return value;
}

export function count(value: unknown, what: string, max: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max) {
    throw bad(`${what} must be a whole number from 0 to ${max}`);
  }
  return value as number;
}

export function list<T>(value: unknown, what: string, lengthMax: number, parse: (item: unknown) => T): T[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw bad(`${what} must be a list of at most ${lengthMax}`);
  return value.map((item) => parse(item));
}

export function bad(sentence: string): SwarmtubeError {
  return new SwarmtubeError('bad-message', sentence);
}
