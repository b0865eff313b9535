import type { Millis } from '../basics/units.ts';
import type { EngineInput, EngineOutput } from '../swarm/engine-types.ts';
import { CONTROL_BYTES_MAX } from '../wire/limits.ts';

/*
 * Mistakes that an engine, or the driver around it, might make. Each is planted in every honest peer of a run, and the run must
 * fail: that is how we know that the invariants bite.
 */

export const PLANTED_BUGS = [
  /** Signatures are not checked. */
  'trust-everybody',
  /** What is overdue is never fetched. */
  'forget-rescue',
  /** Timers are lost. */
  'forget-timers',
  /** A packet that came twice is played twice. */
  'deliver-twice',
  /** What is here is fetched all the same. */
  'fetch-what-is-here',
  /** A fetch is repeated for as long as it is under way. */
  'fetch-storm',
  /** The viewer's upload limit is not passed on. */
  'ignore-upload-limit',
  /** Whoever closes the link is banned. */
  'ban-who-leaves',
  /** A ban is over before it began. */
  'ban-for-no-time',
  /** A banned peer is still sent to. */
  'speak-to-banned',
  /** A control message without a bound. */
  'endless-control-message',
  /** Packets of another epoch are played. */
  'mix-epochs',
  /** The last byte of what is relayed is cut into. */
  'relay-garbage',
] as const;

export type PlantedBug = (typeof PLANTED_BUGS)[number];

/** Before the engine handles it; undefined: it never hears of it. */
export function bugInput(bug: PlantedBug | undefined, input: EngineInput): EngineInput | undefined {
  if (bug === undefined) return input;
  if (bug === 'trust-everybody' && input.type === 'verified') return { ...input, isValid: true };
  if (bug === 'forget-timers' && input.type === 'wakeup') return undefined;
  if (bug === 'ignore-upload-limit' && input.type === 'upload-limit') return { ...input, bytesPerSecond: 125_000_000 };
  return input;
}

/** In place of what the engine ordered. */
export function bugOutputs(bug: PlantedBug | undefined, outputs: readonly EngineOutput[]): readonly EngineOutput[] {
  return bug === undefined ? outputs : outputs.flatMap((output) => bugOutput(bug, output));
}

/** After an input was handled. */
export function bugAfter(bug: PlantedBug | undefined, input: EngineInput, nowMs: Millis): readonly EngineOutput[] {
  if (bug !== 'ban-who-leaves' || input.type !== 'link-closed') return [];
  return [{ type: 'banned', peer: input.peer, reason: 'planted', untilMs: (nowMs + 60_000) as Millis }];
}

function bugOutput(bug: PlantedBug, output: EngineOutput): EngineOutput[] {
  switch (bug) {
    case 'forget-rescue':
      return output.type === 'fetch' ? [] : [output];
    case 'deliver-twice':
      return output.type === 'deliver' ? [output, output] : [output];
    case 'fetch-what-is-here': {
      if (output.type !== 'deliver') return [output];
      const { epoch, sequence } = output.packet.header;
      return [output, { type: 'fetch', reason: 'rescue', epoch, sequences: [sequence] }];
    }
    case 'fetch-storm':
      return output.type === 'fetch' ? Array<EngineOutput>(8).fill(output) : [output];
    case 'ban-for-no-time':
      return output.type === 'banned' ? [{ ...output, untilMs: 0 as Millis }] : [output];
    case 'speak-to-banned': {
      if (output.type !== 'banned') return [output];
      return [output, { type: 'send', peer: output.peer, channel: 'control', bytes: Uint8Array.of(11, 0, 0, 0, 0) }];
    }
    case 'endless-control-message':
      if (output.type !== 'send' || output.channel !== 'control') return [output];
      return [{ ...output, bytes: lengthened(output.bytes) }];
    case 'mix-epochs':
      return output.type === 'deliver' ? [{ ...output, packet: ofAnotherEpoch(output.packet) }] : [output];
    case 'relay-garbage':
      return output.type === 'send' && output.channel === 'data'
        ? [{ ...output, bytes: damaged(output.bytes) }]
        : [output];
    default:
      return [output];
  }
}

function lengthened(bytes: Uint8Array): Uint8Array {
  const long = new Uint8Array(CONTROL_BYTES_MAX + 1);
  long.set(bytes);
  return long;
}

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.byteLength - 1] = (copy.at(-1) as number) ^ 1;
  return copy;
}

type Delivered = Extract<EngineOutput, { type: 'deliver' }>['packet'];

function ofAnotherEpoch(packet: Delivered): Delivered {
  return { ...packet, header: { ...packet.header, epoch: (packet.header.epoch ^ 1) as typeof packet.header.epoch } };
}
