const POLL_MS = 50;

export type WaitOptions = {
  /** Generous: it only decides how long a broken product is waited for. */
  readonly timeoutMs?: number;
  /** What is waited for, in words: the failure says it. */
  readonly text: string;
};

/**
 * Asks again and again until the answer is neither `undefined` nor `false`, and returns it. Rejects with `text` and the last
 * answer when the time is up, and at once where the question itself throws.
 */
export async function waitFor<T>(
  ask: () => T | Promise<T>,
  { timeoutMs = 30_000, text }: WaitOptions,
): Promise<Exclude<T, undefined | false | null>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false && answer !== null) {
      return answer as Exclude<T, undefined | false | null>;
    }
    if (performance.now() >= endMs) throw new Error(`not within ${timeoutMs / 1000} s: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The promise's result, or an error with `text` when it takes too long. */
export async function within<T>(promise: Promise<T>, { timeoutMs = 30_000, text }: WaitOptions): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${timeoutMs / 1000} s: ${text}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
