import { networkInterfaces } from 'node:os';
import { errorText } from '../../basics/errors.ts';
import { SILENT_LOGGER } from '../../basics/log.ts';
import type { PeerConnector } from '../ports.ts';
import type { NodeConnectorOptions } from './connector-options.ts';
import { openNodeDatachannelConnector } from './node-datachannel-connector.ts';
import { openWeriftConnector } from './werift-connector.ts';

/** WebRTC for a Node process: node-datachannel, or werift where no native binary loads. */
export async function openNodeConnector(options: NodeConnectorOptions = {}): Promise<PeerConnector> {
  const { logger = SILENT_LOGGER } = options;
  const bound = { ...(isLoopbackAll() && { bindAddress: '127.0.0.1' }), ...options };
  if (options.prefer !== 'werift') {
    try {
      return await openNodeDatachannelConnector(bound);
    } catch (thrown) {
      logger.warn(
        { reason: errorText(thrown) },
        'node-datachannel does not load on this machine: werift takes its place, with a tenth of the throughput',
      );
    }
  }
  return openWeriftConnector(bound);
}

/** Loopback is left out of the candidates unless it is named; where there is nothing else, it must be. */
function isLoopbackAll(): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.every(({ internal }) => internal);
}
