/** The channel's name at the end of a page's address (`/watch/main`), or undefined where there is none. */
export function channelFromPath(pathname: string): string | undefined {
  const name = pathname.split('/').filter(Boolean)[1] ?? '';
  return /^[A-Za-z0-9_-]{1,64}$/.test(name) ? name : undefined;
}

export function channelUrl(origin: string, channel: string): string {
  return `${origin}/live/${channel}`;
}

/** The two lines for another page. */
export function embedCode(origin: string, channel: string, publicKey: string): string {
  return [
    `<script src="${origin}/player.js"></script>`,
    `<swarm-player src="${channelUrl(origin, channel)}" key="${publicKey}" controls autoplay muted></swarm-player>`,
  ].join('\n');
}

/** What an address may set, e.g. `/embed/main?p2p=off&key=…`. */
const SETTABLE = ['key', 'token', 'patience', 'playback', 'latency', 'p2p', 'upload-limit'];

export function setFromQuery(player: HTMLElement, search: string): void {
  const query = new URLSearchParams(search);
  for (const name of SETTABLE) {
    const value = query.get(name);
    if (value !== null) player.setAttribute(name, value);
  }
}
