import { channelFromPath, channelUrl } from './channel-address.ts';

/** What an iframe's address may set, e.g. `/embed/main?p2p=off&key=…`. */
const SETTABLE = ['key', 'token', 'patience', 'playback', 'latency', 'p2p', 'upload-limit'];

const player = document.getElementById('player') as HTMLElement;
const channel = channelFromPath(location.pathname);
const query = new URLSearchParams(location.search);
for (const name of SETTABLE) {
  const value = query.get(name);
  if (value !== null) player.setAttribute(name, value);
}
if (channel !== undefined) player.setAttribute('src', channelUrl(location.origin, channel));
