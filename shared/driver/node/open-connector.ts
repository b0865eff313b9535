import { errorText } from '../../basics/errors.ts';
import { type Logger, SILENT_LOGGER } from '../../basics/log.ts';
import type { PeerConnector } from '../ports.ts';
import { openNodeDatachannelConnector } from './node-datachannel-connector.ts';
import { openWeriftConnector } from './werift-connector.ts';

export type NodeConnectorOptions = {
  /** Which implementation to try first. Default: node-datachannel, the fast one. */
  readonly prefer?: 'node-datachannel' | 'werift';
  /** Take only this local address. Needed for 127.0.0.1, which both implementations leave out otherwise. */
  readonly bindAddress?: string;
  /** UDP ports, both included, for a firewall that lets only these through. Default: any. */
  readonly portRange?: { readonly first: number; readonly last: number };
  readonly logger?: Logger;
};

/** WebRTC for a Node process: node-datachannel, or werift where no native binary loads. */
export async function openNodeConnector(options: NodeConnectorOptions = {}): Promise<PeerConnector> {
  const { logger = SILENT_LOGGER } = options;
  if (options.prefer !== 'werift') {
    try {
      return await openNodeDatachannelConnector(options);
    } catch (thrown) {
      logger.warn(
        { reason: errorText(thrown) },
        'node-datachannel does not load on this machine: werift takes its place, with a tenth of the throughput',
      );
    }
  }
  return openWeriftConnector(options);
}
