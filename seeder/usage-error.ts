import { SwarmtubeError } from '../shared/basics/errors.ts';

/** The person at the command line or in the config file made a mistake: exit 2, one line that names it and the nearest right thing. */
export class UsageError extends SwarmtubeError {
  override readonly name = 'UsageError';
  constructor(message: string) {
    super('usage', message.replaceAll(/\s+/g, ' ').trim());
  }
}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
