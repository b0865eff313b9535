import type { PeerId } from '../basics/units.ts';
import type { Link } from './link.ts';

/** The open links, in the order of their peers' ids: who iterates them decides the same on every machine. */
export class Links {
  private readonly byPeer = new Map<PeerId, Link>();
  private ordered: Link[] = [];
  /** Whose transport held something of earlier messages when the driver last told. */
  readonly standing = new Set<Link>();

  get size(): number {
    return this.ordered.length;
  }

  /** Ordered by id. Not to be changed, and not kept: opening or closing a link makes a new list. */
  get list(): readonly Link[] {
    return this.ordered;
  }

  get(peer: PeerId): Link | undefined {
    return this.byPeer.get(peer);
  }

  add(link: Link): void {
    this.byPeer.set(link.peer, link);
    const at = this.ordered.findIndex((other) => other.peer > link.peer);
    this.ordered = at < 0 ? [...this.ordered, link] : this.ordered.toSpliced(at, 0, link);
  }

  remove(peer: PeerId): Link | undefined {
    const link = this.byPeer.get(peer);
    if (link === undefined) return undefined;
    this.byPeer.delete(peer);
    this.standing.delete(link);
    this.ordered = this.ordered.filter((other) => other !== link);
    return link;
  }
}
