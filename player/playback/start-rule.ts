/** The first picture stands still at most this long: a still picture is taken for a broken one soon after. */
const HOLD_MS_MAX = 600;
/** Less media than this behind the first frame would run dry at once. */
const START_BUFFER_MS_MIN = 400;
/** A line that brings less than the stream: better to move late than not at all. */
const START_BUFFER_WAIT_MS_MAX = 3_000;

export type StartState = {
  /** Since the first frame was shown. */
  readonly shownForMs: number;
  /** Capture of the first frame to now. */
  readonly latencyMs: number;
  readonly targetMs: number;
  readonly bufferMs: number;
};

/**
 * Whether the first picture may begin to move. It is shown at once and held until it is as old as the target latency, so
 * that from then on nothing has to be slowed down; but moving pictures never wait long for that.
 */
export function mayStartMoving(state: StartState): boolean {
  if (state.bufferMs < START_BUFFER_MS_MIN) return state.shownForMs >= START_BUFFER_WAIT_MS_MAX && state.bufferMs > 0;
  return state.latencyMs >= state.targetMs || state.shownForMs >= HOLD_MS_MAX;
}
