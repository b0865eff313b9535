import { SwarmtubeError } from '../basics/errors.ts';

/** The bytes are not a wire message. Only a faulty or hostile peer sends such: it is provable, and bans (shared/swarm/bans.ts). */
export class WireError extends SwarmtubeError {
  override readonly name = 'WireError';
}
