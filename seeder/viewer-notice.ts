import { SwarmtubeError } from '../shared/basics/errors.ts';
import type { ChannelStatus } from './channel-status.ts';

/**
 * Why there is nothing to see, for those who wait for it: made of the status and the kind of failure alone, since the
 * operator's sentence holds paths and addresses. Null where all is well.
 */
export function viewerNotice(status: ChannelStatus, failure: unknown, isTriedAgain: boolean): string | null {
  switch (status) {
    case 'live':
      return null;
    case 'waiting':
      return 'The source sends nothing at the moment; the broadcast goes on when it does.';
    case 'ended':
      return 'The broadcast is over.';
    case 'starting':
      return 'Waiting for the source: the broadcast begins when it sends.';
    case 'failed':
      return `${failureSentence(failure)}; ${isTriedAgain ? 'it is tried again and again.' : 'the broadcast is over.'}`;
  }
}

function failureSentence(failure: unknown): string {
  const code = failure instanceof SwarmtubeError ? failure.code : '';
  return SENTENCES[code] ?? 'The source cannot be read at the moment';
}

const UNREACHABLE = 'The source cannot be reached at the moment';
const NOT_VIDEO = 'The source sends something that is no video stream';

const SENTENCES: Readonly<Record<string, string>> = {
  'feed-unreachable': UNREACHABLE,
  'feed-status': UNREACHABLE,
  'feed-stalled': UNREACHABLE,
  'feed-broken': UNREACHABLE,
  'feed-redirects': UNREACHABLE,
  'feed-closed': 'The source has closed its stream',
  'feed-repeated': 'The source has been played to its end',
  'feed-empty': 'The source holds neither picture nor sound',
  'feed-not-flv': NOT_VIDEO,
  'not-flv': NOT_VIDEO,
};
