/** The value below which this share of all lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Of an even number of values the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whole numbers of the command line, from 1 on. */
export function wholeNumbers<Name extends string>(values: Readonly<Record<Name, string>>): Record<Name, number> {
  const numbers = Object.entries<string>(values).map(([name, text]) => [name, Number(text)] as const);
  for (const [name, value] of numbers) {
    if (!(Number.isInteger(value) && value > 0)) throw new TypeError(`--${name} must be a whole number from 1 on`);
  }
  return Object.fromEntries(numbers) as Record<Name, number>;
}

/** A number of the command line. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new TypeError(`--${name} must be a number above 0, not ${text}`);
  }
  return value;
}
