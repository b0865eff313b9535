/** Figures as a viewer reads them. */

export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

export function formatSeconds(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

/** Of the media received, the share that other viewers gave, 0 to 1. */
export function peerShare(stats: { readonly bytesFromPeers: number; readonly bytesFromServer: number }): number {
  const total = stats.bytesFromPeers + stats.bytesFromServer;
  return total === 0 ? 0 : stats.bytesFromPeers / total;
}

export function formatShare(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
