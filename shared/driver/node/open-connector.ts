import { errorText } from '../../basics/errors.ts';
import { SILENT_LOGGER } from '../../basics/log.ts';
import type { PeerConnector } from '../ports.ts';
import type { NodeConnectorOptions } from './connector-options.ts';
import { openNodeDatachannelConnector } from './node-datachannel-connector.ts';
import { openWeriftConnector } from './werift-connector.ts';

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
