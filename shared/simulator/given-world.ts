import type { PlannedViewer } from './population.ts';

/** The seeder among the numbers of viewers. */
export const SEEDER_NUMBER = 0xffffff;

/**
 * A world that is told instead of drawn: one that was also built of real lines, so that the two can be held against each other.
 * Uplinks keep what they promise in it. Give the option `unreachablePairs` 0 with it.
 */
export type GivenWorld = {
  readonly viewers: readonly PlannedViewer[];
  /** No connection comes about between these two, by number: both try, and give up after the usual time. */
  isApart(one: number, other: number): boolean;
  readonly trackerOneWayMs: number;
  readonly httpOneWayMs: number;
  /** From a request to the first byte of its answer, from and to. */
  readonly httpAnswerMs: readonly [number, number];
};

export type GivenViewer = {
  readonly number: number;
  readonly arrivesMs: number;
  readonly leavesMs: number;
  readonly uplinkKbps: number;
  readonly downlinkKbps: number;
  /** The most it lets itself upload. */
  readonly allowedKbps: number;
  readonly seed: number;
};

/** An honest viewer with this line. All are in one place: distance adds nothing. */
export function givenViewer(given: GivenViewer): PlannedViewer {
  return {
    ...given,
    isGraceful: true,
    behaviour: 'honest',
    // Of the line kinds the one with the least delay and loss of its own: rates are given.
    line: 'fibre',
    isUploader: given.allowedKbps > 0,
    x: 0.5,
    y: 0.5,
  };
}
