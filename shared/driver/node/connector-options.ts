import type { Logger } from '../../basics/log.ts';

export type NodeConnectorOptions = {
  /** Which implementation to try first. Default: node-datachannel, the fast one. */
  readonly prefer?: 'node-datachannel' | 'werift';
  /** Take only this local address. Needed for 127.0.0.1, which both implementations leave out otherwise. */
  readonly bindAddress?: string;
  /** UDP ports, both included, for a firewall that lets only these through. Default: any. */
  readonly portRange?: { readonly first: number; readonly last: number };
  readonly logger?: Logger;
};
