import type { Logger } from '../../shared/basics/log.ts';
import { EXIT_FAILED } from '../usage-error.ts';
import { outliveOutput } from './standard-output.ts';

/** Something that runs until it is closed. */
export interface Service {
  close(): Promise<void>;
}

/** An orderly end gets this long; what hangs then is left to the system. */
const CLOSE_TIMEOUT_MS = 1500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Before anything is started: what nobody caught ends the process, and the log says what it was. */
export function failLoudly(logger: Logger): void {
  const fail = (thrown: unknown): void => {
    logger.error(
      { stack: thrown instanceof Error ? thrown.stack : String(thrown) },
      'an error of our own: the process ends',
    );
    process.exit(EXIT_FAILED);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  outliveOutput();
}

/**
 * Closes the service on Ctrl-C or SIGTERM and ends the process with 0; a second signal ends it at once. The result does the
 * same with the code that it is given.
 */
export function closeOnSignal(service: Service, logger: Logger): (code: number) => void {
  let isClosing = false;
  const close = (code: number): void => {
    if (isClosing) return;
    isClosing = true;
    setTimeout(() => {
      logger.warn({}, 'something did not stop in time and is left to the system');
      process.exit(code);
    }, CLOSE_TIMEOUT_MS);
    service.close().then(
      () => process.exit(code),
      (thrown: unknown) => {
        logger.error({ stack: thrown instanceof Error ? thrown.stack : String(thrown) }, 'stopping failed');
        process.exit(EXIT_FAILED);
      },
    );
  };
  for (const name of SIGNALS) {
    process.on(name, (signal: string) => {
      if (isClosing) process.exit(EXIT_FAILED);
      logger.info({ signal }, 'stopping');
      close(0);
    });
  }
  return close;
}
