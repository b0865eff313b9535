import { SIGNATURE_BYTES } from '../packets/packet.ts';
import type { EngineOutput } from '../swarm/engine-types.ts';
import type { Behaviour } from './population.ts';

/** What a peer of this kind makes of its engine's orders; undefined: it does not do that. */
export function misbehave(behaviour: Behaviour, output: EngineOutput): EngineOutput | undefined {
  switch (behaviour) {
    case 'honest':
    case 'opted-out':
      return output;
    case 'black-hole':
    case 'sybil':
      return output.type === 'send' && output.channel === 'data' ? undefined : output;
    case 'polluter':
      return output.type === 'send' && output.channel === 'data' ? { ...output, bytes: forge(output.bytes) } : output;
  }
}

/** Another picture under the same number, and a signature that cannot fit it. */
function forge(message: Uint8Array): Uint8Array {
  const forged = message.slice();
  const last = forged.byteLength - SIGNATURE_BYTES;
  forged[last] = (forged[last] as number) ^ 0xff;
  forged[last - 1] = (forged[last - 1] as number) ^ 0xff;
  return forged;
}
