import { createHash, timingSafeEqual } from 'node:crypto';
import type { JoinRequest, TrackerRefusal } from '../shared/wire/tracker-messages.ts';

/** Who may join what. Asked once a join, after the request was parsed; may look anywhere it likes. */
export type Authorise = (request: JoinRequest, context: JoinContext) => Admission | Promise<Admission>;

export type JoinContext = {
  /** As text, as the tracker sees it. */
  readonly address: string;
  /** The page's origin, where a browser asks. */
  readonly origin: string | undefined;
};

export type Admission =
  /** `bitrateKbps` of the channel, where known: an uplink claimed at join is turned into slots by it. */
  | { readonly isAllowed: true; readonly bitrateKbps?: number }
  | { readonly isAllowed: false; readonly refusal: TrackerRefusal };

export type ChannelAccess = {
  isKnown(channel: string): boolean;
  /** What a seeder of this channel must present. Undefined: nobody may seed it from outside. */
  seederToken(channel: string): string | undefined;
  bitrateKbps?(channel: string): number | undefined;
};

/** The default: viewers are welcome on channels that are known, seeders must have the channel's token. */
export function authoriseByChannel(access: ChannelAccess): Authorise {
  return (request) => {
    if (!access.isKnown(request.channel)) {
      return refuse('unknown-channel', `There is no channel "${request.channel}" here; check its name in the address.`);
    }
    if (request.role === 'seeder' && !isSameSecret(request.token, access.seederToken(request.channel))) {
      const sentence = `Seeding "${request.channel}" needs this server's token for it; pass the one that the server was started with.`;
      return refuse('forbidden', sentence);
    }
    const bitrateKbps = access.bitrateKbps?.(request.channel);
    return { isAllowed: true, ...(bitrateKbps === undefined ? {} : { bitrateKbps }) };
  };
}

function refuse(code: TrackerRefusal['code'], message: string): Admission {
  return { isAllowed: false, refusal: { code, message } };
}

/** Takes as long for a token that is nearly right as for one that is wrong from the start, whatever their lengths. */
function isSameSecret(given: string | undefined, expected: string | undefined): boolean {
  if (given === undefined || expected === undefined || expected === '') return false;
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
