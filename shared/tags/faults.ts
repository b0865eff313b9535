/** Something wrong with a feed that reading went on in spite of; the form in which `inspect` tells it. */
export type Fault = {
  /** kebab-case, one of few: what programs tell faults apart by. */
  readonly code: string;
  /** Media time near which it was first seen, ms as the feed counts them. */
  readonly atMs: number;
  /** How often. */
  readonly count: number;
  /** One sentence about the first of them. */
  readonly text: string;
};

/** Faults by code, the first of each told and the others counted: as long as the list of codes, however bad the feed. */
export class FaultLog {
  private readonly byCode = new Map<string, Fault>();

  /** In the order in which each code was first seen. */
  get faults(): readonly Fault[] {
    return [...this.byCode.values()];
  }

  /** `text` is asked for only the first time: describing costs more than counting. */
  report(code: string, atMs: number, text: () => string): void {
    const known = this.byCode.get(code);
    if (known === undefined) this.byCode.set(code, { code, atMs, count: 1, text: text() });
    else this.byCode.set(code, { ...known, count: known.count + 1 });
  }
}
