import type { Camera } from '../../support/camera.ts';
import type { Onlooker } from '../../support/onlooker.ts';
import type { Website } from '../../support/website.ts';
import type { Delivered } from './hls-page.ts';

/** Bytes of media so far. */
export type Traffic = {
  /** That left the server. */
  readonly sentBytes: number;
  /** Of the stream, each once, in the container in which it is sent. */
  readonly streamBytes: number;
};

/** A way to bring the camera's stream to viewers. */
export type System = {
  readonly id: string;
  /** At the head of its column. */
  readonly title: string;
  /** How it is set, in a sentence. */
  readonly text: string;
  /** Ready for viewers when it returns: as much of the stream is there as a viewer wants at the start. */
  start(surroundings: Surroundings): Promise<RunningSystem>;
};

export type Surroundings = { readonly camera: Camera; readonly website: Website };

export type RunningSystem = {
  readonly pageUrl: string;
  /** The process under which all of its servers are. */
  readonly serverPid: number;
  /** Gzipped, all that a page loads before it plays. */
  readonly scriptBytes: number;
  traffic(): Promise<Traffic>;
  /** What this viewer's player says that it received. */
  delivered(viewer: Onlooker): Promise<Delivered>;
  close(): Promise<void>;
};
