/* What a media element is told to do, look by look: start, hold its distance, wait, jump over what does not come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conductor, type Scene, type Stage } from '../../../../player/playback/conductor.ts';
import type { TimeRange } from '../../../../player/playback/gap-rule.ts';
import type { Millis } from '../../../../shared/basics/units.ts';

const at = (ms: number): Millis => ms as Millis;

class Notes implements Stage {
  readonly taken: string[] = [];
  start(): void {
    this.taken.push('start');
  }
  setRate(rate: number): void {
    this.taken.push(`rate ${rate}`);
  }
  seek(seconds: number): void {
    this.taken.push(`seek ${seconds}`);
  }
  skipHole(): void {
    this.taken.push('skip');
  }
}

const RANGES: readonly TimeRange[] = [{ start: 1, end: 4 }];

function scene(differing: Partial<Scene>): Scene {
  const usual = {
    ranges: RANGES,
    atSeconds: 1,
    latencyMs: 2_000,
    behindHoleMs: undefined,
    isSeeking: false,
    isExcused: false,
    isFree: false,
  };
  return { ...usual, ...differing };
}

/** A picture is there from the first moment on, and the viewer wants it to move. */
function shown(): { conductor: Conductor; notes: Notes } {
  const notes = new Notes();
  const conductor = new Conductor(2_000, notes);
  conductor.wantsToPlay = true;
  conductor.fedMs = at(0);
  conductor.shownMs = at(0);
  return { conductor, notes };
}

function playing() {
  const all = shown();
  all.conductor.look(scene({}), at(0));
  all.notes.taken.length = 0;
  return all;
}

test('a young picture is held, and packets are due when it is to move', () => {
  const { conductor, notes } = shown();
  conductor.look(scene({ latencyMs: 300 }), at(0));
  assert.deepEqual(notes.taken, []);
  assert.equal(conductor.dueLatencyMs, 1_300);
  conductor.look(scene({ latencyMs: 1_300 }), at(1_000));
  assert.deepEqual(notes.taken, ['start', 'rate 0.95']);
  assert.equal(conductor.dueLatencyMs, 1_300);
});

test('nothing moves that nobody wants to move', () => {
  const { conductor, notes } = shown();
  conductor.wantsToPlay = false;
  conductor.look(scene({ isExcused: true, isFree: true }), at(5_000));
  assert.deepEqual(notes.taken, []);
  assert.equal(conductor.dueLatencyMs, 2_000);
});

test('packets are due where the play head is, within bounds', () => {
  const { conductor } = playing();
  const due = (latencyMs: number, nowMs: number, isFree = false): number => {
    conductor.look(scene({ latencyMs, isFree, atSeconds: 1 + nowMs / 1_000 }), at(nowMs));
    return conductor.dueLatencyMs;
  };
  assert.deepEqual([due(2_380, 100), due(300, 200), due(9_000, 300)], [2_400, 800, 6_000]);
  assert.equal(due(9_000, 400, true), 2_000);
});

test('what comes late for where the play head is widens the target, what comes late for the target alone does not', () => {
  const { conductor } = playing();
  conductor.look(scene({ latencyMs: 3_000, atSeconds: 1.1 }), at(100));
  conductor.noteArrival(2_700, at(110));
  assert.equal(conductor.controller.targetMs, 2_000);
  conductor.noteArrival(2_900, at(120));
  assert.equal(conductor.controller.targetMs, 2_050);
});

test('what waited while the page slept does not widen the target', () => {
  const { conductor } = playing();
  conductor.noteArrival(4_000, at(4_000));
  assert.equal(conductor.controller.targetMs, 2_000);
});

test('where nothing is left it waits, and then gives up what is missing', () => {
  const { conductor, notes } = playing();
  conductor.look(scene({ atSeconds: 4, latencyMs: 2_000 }), at(3_000));
  notes.taken.length = 0;
  for (let ms = 3_100; ms <= 3_500; ms += 100) conductor.look(scene({ atSeconds: 4, latencyMs: ms - 1_000 }), at(ms));
  assert.deepEqual(notes.taken, ['skip', 'skip']);
  assert.deepEqual(conductor.meter.totals(at(3_500)), { stalls: 1, stallMs: 400 });
  conductor.look(scene({ ranges: [...RANGES, { start: 5, end: 9 }], atSeconds: 4 }), at(3_600));
  assert.deepEqual(notes.taken.slice(2), ['seek 5.002']);
});

test('what lies behind a hole waits until it is as old as what is aimed at: what is missing may not even be due', () => {
  const { conductor, notes } = playing();
  // The source has paused: the picture is long past, and what follows is new.
  const after = (behindHoleMs: number) => scene({ atSeconds: 4, latencyMs: 4_500, behindHoleMs });
  conductor.look(after(100), at(3_000));
  notes.taken.length = 0;
  for (let ms = 3_100; ms <= 4_800; ms += 100) conductor.look(after(ms - 2_900), at(ms));
  assert.deepEqual(notes.taken, []);
  assert.equal(conductor.dueLatencyMs, 1_900);
  conductor.look(after(2_400), at(4_900));
  assert.deepEqual(notes.taken, ['skip']);
});

test('far behind it jumps as far as there is something to play', () => {
  const { conductor, notes } = playing();
  conductor.look(scene({ ranges: [{ start: 1, end: 9 }], atSeconds: 2, latencyMs: 6_800 }), at(6_000));
  assert.deepEqual(notes.taken, ['rate 1', 'seek 6.8']);
  conductor.look(scene({ ranges: [{ start: 1, end: 9 }], atSeconds: 3, latencyMs: 9_000, isFree: true }), at(9_000));
  assert.deepEqual(notes.taken.slice(2), ['rate 1']);
});
