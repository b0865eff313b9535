/** `ManagedMediaSource` (Safari 17, the only one on iPhone) has the face of MediaSource and two events more. */
type MediaSourceClass = { new (): MediaSource; isTypeSupported(mimeType: string): boolean };

/** What this browser offers, or undefined where it has no Media Source Extensions at all. */
export function mediaSourceClass(): MediaSourceClass | undefined {
  const scope = globalThis as { MediaSource?: MediaSourceClass; ManagedMediaSource?: MediaSourceClass };
  return scope.MediaSource ?? scope.ManagedMediaSource;
}

export function isManaged(source: MediaSource): boolean {
  return 'streaming' in source;
}

/** The one to ask: `canPlayType` disagrees with it. */
export function isTypeSupported(mimeType: string): boolean {
  return mediaSourceClass()?.isTypeSupported(mimeType) ?? false;
}
