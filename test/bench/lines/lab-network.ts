import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { WIRE_SHARE } from '../../../shared/simulator/lines.ts';
import type { LabLine } from './lab-line.ts';

const run = promisify(execFile);

/** RFC 2544 keeps this range for benchmarks. The tracker takes it for public, as viewers' addresses are. */
const NETWORK_BITS = 15;
const SERVER_ADDRESS = '198.18.0.1';
const FIRST_SITE = 16;
const SITES_MAX = 200;
const LAN_HOST = '192.168.7.2';
const LAN_ROUTER = '192.168.7.1';
/** What waits before a home router's line at most; what comes then is dropped. Slow lines hold more time of it. */
const QUEUE_MS = 250;
const QUEUE_BYTES_MIN = 20_000;
/** Leaves at once after a pause: so much of a line's time, and never less than a few datagrams. */
const BURST_MS = 12;
const BURST_BYTES_MIN = 4000;

/** Where a viewer is: programs are started in `namespace`, and the world sees `address`. */
export type LabSite = { readonly namespace: string; readonly address: string };

/**
 * An internet in one machine: a switch in a namespace of its own, the server's address in the machine's own namespace, and for
 * each viewer a namespace behind its line: the uplink is held to its rate on the viewer's side (or its router's), the downlink
 * on the switch's. Needs root.
 */
export class LabNetwork {
  readonly serverAddress = SERVER_ADDRESS;
  private readonly prefix: string;
  private readonly namespaces: string[] = [];
  private isClosed = false;

  private constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** `prefix`: of the names of namespaces and interfaces; 6 characters at most. */
  static async open(prefix: string): Promise<LabNetwork> {
    const { stdout } = await run('ip', ['-4', 'route', 'show', 'root', `198.18.0.0/${NETWORK_BITS}`]);
    if (stdout.trim() !== '') throw new Error(`198.18.0.0/${NETWORK_BITS} is in use: does another run go on?`);
    const network = new LabNetwork(prefix);
    try {
      await network.build();
    } catch (error) {
      network.close();
      throw error;
    }
    return network;
  }

  async addSite(line: LabLine): Promise<LabSite> {
    const number = this.namespaces.length;
    if (number > SITES_MAX) throw new Error(`no more than ${SITES_MAX} viewers`);
    // Subscribers far from each other: neither the same /24, nor all of one /16.
    const address = `198.${18 + (number % 2)}.${FIRST_SITE + number}.2`;
    const viewer = await this.addNamespace(`v${number}`);
    const isPlain = line.nat === 'none';
    const edge = isPlain ? viewer : await this.addNamespace(`r${number}`);
    const port = `p${number}`;
    await this.ip(['link', 'add', 'wan', 'netns', edge, 'type', 'veth', 'peer', 'name', port, 'netns', this.switch]);
    await this.ip(['-n', this.switch, 'link', 'set', port, 'master', 'switch', 'up']);
    await this.ip(['-n', edge, 'address', 'add', `${address}/${NETWORK_BITS}`, 'dev', 'wan']);
    await this.ip(['-n', edge, 'link', 'set', 'wan', 'up']);
    await holdTo(edge, 'wan', line.uplinkKbps);
    await holdTo(this.switch, port, line.downlinkKbps);
    if (!isPlain) await this.addRouter(edge, viewer, line.nat);
    return { namespace: viewer, address };
  }

  /** Takes everything away, at once: also for a process that is about to end. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    // Interfaces go with the namespaces, but while a program still ends in one, it lives on without its name.
    spawnSync('ip', ['link', 'delete', this.uplink]);
    for (const name of this.namespaces.toReversed()) spawnSync('ip', ['netns', 'delete', name]);
  }

  private get switch(): string {
    return `${this.prefix}-net`;
  }

  private get uplink(): string {
    return `${this.prefix}-up`;
  }

  private async build(): Promise<void> {
    await this.addNamespace('net');
    await this.ip(['-n', this.switch, 'link', 'add', 'switch', 'type', 'bridge']);
    await this.ip(['-n', this.switch, 'link', 'set', 'switch', 'up']);
    await this.ip(['link', 'add', this.uplink, 'type', 'veth', 'peer', 'name', 'server', 'netns', this.switch]);
    await this.ip(['-n', this.switch, 'link', 'set', 'server', 'master', 'switch', 'up']);
    await this.ip(['address', 'add', `${SERVER_ADDRESS}/${NETWORK_BITS}`, 'dev', this.uplink]);
    await this.ip(['link', 'set', this.uplink, 'up']);
  }

  private async addNamespace(suffix: string): Promise<string> {
    const name = `${this.prefix}-${suffix}`;
    await this.ip(['netns', 'add', name]);
    this.namespaces.push(name);
    await this.ip(['-n', name, 'link', 'set', 'lo', 'up']);
    await within(name, 'sysctl', ['-q', '-w', 'net.ipv6.conf.all.disable_ipv6=1']).catch(() => undefined);
    return name;
  }

  private async addRouter(router: string, viewer: string, nat: Exclude<LabLine['nat'], 'none'>): Promise<void> {
    await this.ip(['link', 'add', 'eth0', 'netns', viewer, 'type', 'veth', 'peer', 'name', 'lan', 'netns', router]);
    await this.ip(['-n', router, 'address', 'add', `${LAN_ROUTER}/24`, 'dev', 'lan']);
    await this.ip(['-n', router, 'link', 'set', 'lan', 'up']);
    await this.ip(['-n', viewer, 'address', 'add', `${LAN_HOST}/24`, 'dev', 'eth0']);
    await this.ip(['-n', viewer, 'link', 'set', 'eth0', 'up']);
    await this.ip(['-n', viewer, 'route', 'add', 'default', 'via', LAN_ROUTER]);
    await within(router, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
    await within(router, 'nft', [routerRules(nat)]);
  }

  private async ip(args: readonly string[]): Promise<void> {
    await run('ip', args);
  }
}

async function within(namespace: string, program: string, args: readonly string[]): Promise<void> {
  await run('ip', ['netns', 'exec', namespace, program, ...args]);
}

/**
 * A line carries `kbps` of packets, as the simulator has it: what is around them comes on top. Token bucket: netem, which could
 * also delay, is not in every kernel.
 */
async function holdTo(namespace: string, device: string, kbps: number): Promise<void> {
  const wireKbps = Math.max(8, Math.round(kbps * WIRE_SHARE));
  const burst = Math.max(BURST_BYTES_MIN, Math.round((wireKbps * BURST_MS) / 8));
  const queue = Math.max(QUEUE_BYTES_MIN, Math.round((wireKbps * QUEUE_MS) / 8));
  const bucket = ['tbf', 'rate', `${wireKbps}kbit`, 'burst', `${burst}b`, 'limit', `${queue + burst}b`];
  await run('tc', ['-n', namespace, 'qdisc', 'add', 'dev', device, 'root', ...bucket]);
}

/**
 * A home router: nothing comes in that was not asked for. Linux keeps a port where it can, so that the mapping of `cone` is
 * the same for all whom one talks to; `symmetric` draws another for each.
 */
function routerRules(nat: Exclude<LabLine['nat'], 'none'>): string {
  const masquerade = nat === 'symmetric' ? 'masquerade random,fully-random' : 'masquerade';
  return `
    table ip router {
      chain out {
        type nat hook postrouting priority 100;
        oifname "wan" ${masquerade};
      }
      chain through {
        type filter hook forward priority 0; policy accept;
        ${nat === 'closed' ? 'meta l4proto udp drop;' : ''}
        iifname "wan" ct state new drop;
      }
      chain self {
        type filter hook input priority 0; policy accept;
        iifname "wan" ct state new drop;
      }
    }`;
}
