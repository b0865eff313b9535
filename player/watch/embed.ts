import { channelFromPath, channelUrl, setFromQuery } from './channel-address.ts';

const player = document.getElementById('player') as HTMLElement;
const channel = channelFromPath(location.pathname);
setFromQuery(player, location.search);
if (channel !== undefined) player.setAttribute('src', channelUrl(location.origin, channel));
