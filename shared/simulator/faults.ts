import type { Random } from '../basics/random.ts';
import type { EventQueue } from './event-queue.ts';
import type { FaultName } from './fault-names.ts';
import type { Network } from './network.ts';
import type { OriginServer, ServerTrouble } from './origin-server.ts';
import type { SimulatedPeer, Wire } from './simulated-peer.ts';
import type { TrackerService } from './tracker-service.ts';
import type { Spell } from './weather.ts';

/** What a fault can lay hands on. */
export interface FaultWorld {
  readonly queue: EventQueue;
  readonly network: Network;
  readonly server: OriginServer;
  readonly tracker: TrackerService;
  /** Those who are here now, in the order in which they came. */
  readonly viewers: Iterable<SimulatedPeer>;
  readonly wallMs: number;
  crashSeeder(): void;
  openSeeder(): void;
  /** Nothing is broadcast until `resumeSource`; then the numbers go on, or begin anew in another epoch. */
  pauseSource(): void;
  resumeSource(isNewEpoch: boolean): void;
  /** Gone without a word. */
  vanish(peer: SimulatedPeer): void;
}

/** Something that goes wrong at one moment and is right again at another. */
export type FaultKind = {
  readonly what: string;
  /** Unless a plan says otherwise. */
  readonly lastsMs: number;
  /** Returns what makes it right again. */
  strike(world: FaultWorld, random: Random, healsMs: number): () => void;
};

const SHARE_HIT = 0.35;
const SHARE_GONE = 0.2;
const CLOG_EACH_MS = 400;
const CLOG_LASTS_MS = 4000;
const CLOSE_EACH_MS = 250;
/** Just enough to ask and to acknowledge: with less nobody plays, whoever feeds it. */
const COLLAPSED_SHARE = 0.12;
const CLOCK_OFF_MS = 1200;
const JITTER_MS = 400;
const LOST_SHARE = 0.2;
const LOST_MS: readonly [number, number] = [150, 600];
const DOUBLED_SHARE = 0.25;

export const FAULTS: Readonly<Record<FaultName, FaultKind>> = {
  'tracker-restart': {
    what: 'the tracker restarts with empty memory',
    lastsMs: 1000,
    strike: (world, _random, healsMs) => trackerAway(world, healsMs),
  },
  'tracker-away': {
    what: 'the tracker cannot be reached, and remembers nothing afterwards',
    lastsMs: 12_000,
    strike: (world, _random, healsMs) => trackerAway(world, healsMs),
  },
  'seeder-crash': {
    what: 'the seeder vanishes from the swarm; the server goes on',
    lastsMs: 5000,
    strike: (world) => {
      world.crashSeeder();
      return () => world.openSeeder();
    },
  },
  'seeder-restart': {
    what: 'seeder, server and source go down together and come back with a new epoch',
    lastsMs: 4000,
    strike: (world) => {
      world.crashSeeder();
      world.pauseSource();
      world.server.beginTrouble({ failing: 1 });
      world.server.closeStreams();
      return () => {
        world.server.endTrouble();
        world.resumeSource(true);
        world.openSeeder();
      };
    },
  },
  'source-gap': {
    what: 'the source pauses; the numbers go on afterwards',
    lastsMs: 5000,
    strike: (world) => {
      world.pauseSource();
      return () => world.resumeSource(false);
    },
  },
  'epoch-change': {
    what: 'the source begins anew, in another epoch',
    lastsMs: 2000,
    strike: (world) => {
      world.pauseSource();
      return () => world.resumeSource(true);
    },
  },
  'server-faults': {
    what: 'one HTTP answer in four is a 503',
    lastsMs: 20_000,
    strike: (world) => serverTrouble(world, { failing: 0.25 }),
  },
  'server-down': {
    what: 'every HTTP answer is a 503, and all responses end',
    lastsMs: 6000,
    strike: (world) => {
      world.server.closeStreams();
      return serverTrouble(world, { failing: 1 });
    },
  },
  'server-slow': {
    what: 'every HTTP answer takes 1.5 s more',
    lastsMs: 10_000,
    strike: (world) => serverTrouble(world, { slowMs: 1500 }),
  },
  'server-hangs': {
    what: 'every HTTP answer takes longer than anyone waits for it',
    lastsMs: 6000,
    strike: (world) => serverTrouble(world, { slowMs: 9000 }),
  },
  'server-truncating': {
    what: 'one HTTP answer in five breaks off half-way, and streams with one packet in five',
    lastsMs: 10_000,
    strike: (world) => serverTrouble(world, { truncating: 0.2 }),
  },
  partition: {
    what: 'half of the pairs lose each other',
    lastsMs: 10_000,
    strike: (world, _random, healsMs) =>
      spell(world, { heldUntilMs: (from, to) => (from.plan.x < 0.5 !== to.plan.x < 0.5 ? healsMs : 0) }),
  },
  'one-way': {
    what: 'in a third of the pairs only one hears the other',
    lastsMs: 8000,
    strike: (world, random, healsMs) => {
      const salt = random.nextUint32();
      return spell(world, { heldUntilMs: (from, to) => (isDeaf(from, to, salt) ? healsMs : 0) });
    },
  },
  'clogged-links': {
    what: 'one link after the other takes what it is given and lets nothing out for 4 s',
    lastsMs: 8000,
    strike: (world, random, healsMs) => {
      const until = new Map<SimulatedPeer, Map<SimulatedPeer, number>>();
      every(world, CLOG_EACH_MS, healsMs, () => {
        const link = drawLink(world, random);
        if (link === undefined) return;
        const { from, wire } = link;
        const mine = until.get(from) ?? new Map<SimulatedPeer, number>();
        until.set(from, mine.set(wire.remote, Math.min(healsMs, world.queue.nowMs + CLOG_LASTS_MS)));
      });
      return spell(world, {
        heldUntilMs: (from, to) => {
          const untilMs = until.get(from)?.get(to) ?? 0;
          return untilMs > world.queue.nowMs ? untilMs : 0;
        },
      });
    },
  },
  'channels-closed': {
    what: 'four links a second break under both ends',
    lastsMs: 5000,
    strike: (world, random, healsMs) => {
      every(world, CLOSE_EACH_MS, healsMs, () => {
        const link = drawLink(world, random);
        if (link !== undefined) world.network.breakLink(link.from, link.wire);
      });
      return () => {};
    },
  },
  jitter: {
    what: 'every message takes up to 400 ms more, and packets overtake each other',
    lastsMs: 10_000,
    strike: (world) => spell(world, { extraMs: (_channel, random) => random.fraction() * JITTER_MS }),
  },
  loss: {
    what: 'one message in five is lost and comes 150 to 600 ms later',
    lastsMs: 10_000,
    strike: (world) =>
      spell(world, {
        extraMs: (_channel, random) => (random.fraction() < LOST_SHARE ? random.between(...LOST_MS) : 0),
      }),
  },
  duplicates: {
    what: 'one packet in four comes twice',
    lastsMs: 10_000,
    strike: (world) => spell(world, { doubledShare: DOUBLED_SHARE }),
  },
  'uplink-collapse': {
    what: 'a third of the uplinks carry an eighth',
    lastsMs: 10_000,
    strike: (world, random) => {
      const hit = draw(world, random, SHARE_HIT);
      const squeeze = (share: number): void => {
        for (const peer of hit) {
          peer.uplink.setCollapse(share);
          peer.isSqueezed = share < 1;
          peer.squeezedMs = world.queue.nowMs;
        }
      };
      squeeze(COLLAPSED_SHARE);
      return () => squeeze(1);
    },
  },
  freeze: {
    what: 'a third of the tabs freeze, and thaw',
    lastsMs: 6000,
    strike: (world, random) => {
      const hit = draw(world, random, SHARE_HIT);
      for (const peer of hit) peer.freeze();
      return () => {
        for (const peer of hit) peer.thaw();
      };
    },
  },
  'clock-jump': {
    what: 'a third of the viewers are up to 1.2 s wrong about the time',
    lastsMs: 8000,
    strike: (world, random) => {
      const hit = draw(world, random, SHARE_HIT);
      for (const peer of hit) setClock(world, peer, random.between(-CLOCK_OFF_MS, CLOCK_OFF_MS));
      return () => {
        for (const peer of hit) setClock(world, peer, 0);
      };
    },
  },
  crash: {
    what: 'a fifth of the viewers vanish in one moment',
    lastsMs: 0,
    strike: (world, random) => {
      for (const peer of draw(world, random, SHARE_GONE)) world.vanish(peer);
      return () => {};
    },
  },
};

function trackerAway({ tracker, queue }: FaultWorld, healsMs: number): () => void {
  tracker.restart(healsMs - queue.nowMs);
  return () => {};
}

function serverTrouble({ server }: FaultWorld, trouble: Partial<ServerTrouble>): () => void {
  server.beginTrouble(trouble);
  return () => server.endTrouble();
}

function spell({ network }: FaultWorld, weather: Spell): () => void {
  network.weather.begin(weather);
  return () => network.weather.end(weather);
}

function every(world: FaultWorld, stepMs: number, untilMs: number, run: () => void): void {
  if (world.queue.nowMs >= untilMs) return;
  run();
  world.queue.after(stepMs, () => every(world, stepMs, untilMs, run));
}

function draw({ viewers }: FaultWorld, random: Random, share: number): SimulatedPeer[] {
  return [...viewers].filter(() => random.fraction() < share);
}

function drawLink({ viewers }: FaultWorld, random: Random): { from: SimulatedPeer; wire: Wire } | undefined {
  const linked = [...viewers].filter((peer) => peer.wires.size > 0);
  const from = linked[random.below(Math.max(1, linked.length))];
  if (from === undefined) return undefined;
  const wire = [...from.wires.values()][random.below(from.wires.size)];
  return wire && { from, wire };
}

function setClock(world: FaultWorld, peer: SimulatedPeer, errorMs: number): void {
  peer.clockErrorMs = Math.round(errorMs);
  peer.clockSetMs = world.queue.nowMs;
  peer.setClock(world.wallMs + peer.clockErrorMs);
}

/** The same answer for a pair each time, and never for both directions of one. */
function isDeaf(from: SimulatedPeer, to: SimulatedPeer, salt: number): boolean {
  const [low, high] = from.plan.number < to.plan.number ? [from, to] : [to, from];
  let hash = Math.imul(low.plan.number ^ salt, 0x9e3779b1) ^ Math.imul(high.plan.number + 0x7f4a7c15, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const drawn = ((hash ^ (hash >>> 13)) >>> 0) % 6;
  return drawn === (from === low ? 0 : 1);
}
