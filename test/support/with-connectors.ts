import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { openNodeDatachannelConnector } from '../../shared/driver/node/node-datachannel-connector.ts';
import { openWeriftConnector } from '../../shared/driver/node/werift-connector.ts';
import type { PeerConnector } from '../../shared/driver/ports.ts';

// Named one by one: `openNodeConnector` would put werift in the place of a node-datachannel that does not load.
const OPENERS = { 'node-datachannel': openNodeDatachannelConnector, werift: openWeriftConnector } as const;
export type Implementation = keyof typeof OPENERS;
export const IMPLEMENTATIONS: readonly Implementation[] = ['node-datachannel', 'werift'];
export const PAIRINGS = IMPLEMENTATIONS.flatMap((offering) =>
  IMPLEMENTATIONS.map((answering) => ({ offering, answering })),
);
export const LOOPBACK = '127.0.0.1';

const ATTEMPTS_MAX = 4;
const ATTEMPT_MS = 20_000;

/**
 * Runs with two connectors, on all addresses where none is given, and closes them. Two ends of the native library in one process now and
 * then miss each other for good: it is attempted again, as the engine does. What fails fails at once; only what hangs is.
 */
export async function withConnectors(
  offering: Implementation,
  answering: Implementation,
  bindAddress: string | undefined,
  run: (offering: PeerConnector, answering: PeerConnector) => Promise<void>,
): Promise<void> {
  const options = bindAddress === undefined ? {} : { bindAddress };
  for (let attempt = 1; ; attempt++) {
    const [one, other] = await Promise.all([OPENERS[offering](options), OPENERS[answering](options)]);
    const limit = new AbortController();
    try {
      const isOver = await Promise.race([
        run(one, other).then(() => true),
        setTimeout(ATTEMPT_MS, false, { signal: limit.signal }),
      ]);
      if (isOver) return;
      assert.ok(attempt < ATTEMPTS_MAX, 'it hangs each time');
    } finally {
      limit.abort();
      one.close();
      other.close();
    }
  }
}
