/** Where a part of the program writes what an operator may want to read. Fields first, then one sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const silent = (): void => {};

/** Writes nothing: for tests, and for code that was given no logger. */
export const SILENT_LOGGER: Logger = { debug: silent, info: silent, warn: silent, error: silent };
