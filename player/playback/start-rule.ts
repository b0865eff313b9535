/** The first picture stands still at most this long, while peers are found: much later it is taken for a broken one. */
const HOLD_MS_MAX = 1_000;
/** Less media than this behind the first frame would run dry at once. */
const START_BUFFER_MS_MIN = 400;
/** A line that brings less than the stream: better to move late than not at all. */
const START_BUFFER_WAIT_MS_MAX = 3_000;

/** So long after the first packets there is a picture, if they hold enough for the browser's decoders. */
const PICTURE_WAIT_MS = 200;

export type HeldPicture = {
  /** Since the first packet came, from which the first picture was made. */
  readonly heldForMs: number;
  /** Capture of the first frame to now. */
  readonly latencyMs: number;
  readonly targetMs: number;
};

export type StartState = HeldPicture & { readonly bufferMs: number };
export type PlannedStart = HeldPicture & { readonly isShown: boolean };

/**
 * Whether the first picture may begin to move. It is shown at once and held until it is as old as the target latency, so
 * that from then on nothing has to be slowed down; but moving pictures never wait long for that.
 */
export function mayStartMoving({ heldForMs, latencyMs, targetMs, bufferMs }: StartState): boolean {
  if (bufferMs < START_BUFFER_MS_MIN) return heldForMs >= START_BUFFER_WAIT_MS_MAX && bufferMs > 0;
  return latencyMs >= targetMs || heldForMs >= HOLD_MS_MAX;
}

/**
 * The latency at which a picture that is held will begin to move: what follows it is due by then. Once the hold is over it
 * stays what it was, so that what still is missing for a start is overdue, and comes. Where no picture came out of the first
 * packets, what follows them is due at once.
 */
export function plannedLatencyMs({ isShown, heldForMs, latencyMs, targetMs }: PlannedStart): number {
  if (!isShown && heldForMs >= PICTURE_WAIT_MS) return 0;
  return Math.min(targetMs, latencyMs - heldForMs + HOLD_MS_MAX);
}
