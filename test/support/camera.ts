import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoopRound } from '../../seeder/feeds/loop-round.ts';
import type { MediaMillis } from '../../shared/basics/units.ts';
import { FlvTagReader } from '../../shared/tags/flv-tag-reader.ts';
import { encodeFlvHeader, encodeFlvTag } from '../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import { readTagContents } from '../../shared/tags/tag-contents.ts';

/** Looks at the clock so often: no picture is later than this, and none early. */
const TICK_MS = 5;
/** A reader that has this much unread is gone. */
const UNREAD_BYTES_MAX = 8 * 1024 * 1024;

type Shot = {
  readonly tag: Tag;
  /** Nothing for sound. */
  readonly picture?: { readonly number: number; readonly isKeyframe: boolean };
};

/**
 * A live source that remembers when it made what: plays a clip of numbered pictures (`numberedClip`) round and round as
 * HTTP-FLV, each tag at its moment, and knows of each picture when it was sent. A reader gets the codec configurations, then
 * everything from the next keyframe on.
 */
export class Camera {
  private readonly beginning: readonly Tag[];
  private readonly round: readonly Shot[];
  private readonly roundMs: number;
  private readonly server: Server;
  private readonly waiting = new Set<ServerResponse>();
  private readonly readers = new Set<ServerResponse>();
  private readonly madeMs = new Map<number, number[]>();
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private rounds = 0;
  private next = 0;

  static async open(clip: string): Promise<Camera> {
    const tags = new FlvTagReader().push(await readFile(clip));
    const camera = new Camera(tags);
    camera.server.listen(0, '127.0.0.1');
    await once(camera.server, 'listening');
    return camera;
  }

  private constructor(tags: readonly Tag[]) {
    const round = new LoopRound(0 as MediaMillis);
    const shots: { tag: Tag; shownMs: number; isKeyframe?: boolean }[] = [];
    const beginning: Tag[] = [];
    for (const tag of tags.flatMap((tag) => round.place(tag))) {
      const [content] = readTagContents(tag);
      if (content?.role === 'video-frame') {
        const shownMs = tag.timestampMs + content.compositionOffsetMs;
        shots.push({ tag, shownMs, isKeyframe: content.isKeyframe });
      } else if (content?.role === 'audio-frame') shots.push({ tag, shownMs: tag.timestampMs });
      else beginning.push(tag);
    }
    const shownMs = shots.filter(({ isKeyframe }) => isKeyframe !== undefined).map((shot) => shot.shownMs);
    const numberAt = new Map(shownMs.sort((one, other) => one - other).map((ms, number) => [ms, number]));
    this.round = shots.map(({ tag, shownMs, isKeyframe }) =>
      isKeyframe === undefined ? { tag } : { tag, picture: { number: numberAt.get(shownMs) ?? 0, isKeyframe } },
    );
    this.beginning = beginning;
    this.roundMs = round.endMs;
    this.server = createServer((_, response) => this.admit(response));
    this.timer = setInterval(() => this.film(), TICK_MS);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/camera.flv`;
  }

  /**
   * When the newest picture of this number was made that was there at this moment; both in milliseconds of the wall clock.
   * Right for delays shorter than the clip.
   */
  madeAt(pictureNumber: number, seenMs: number): number | undefined {
    return this.madeMs.get(pictureNumber)?.findLast((ms) => ms <= seenMs);
  }

  close(): void {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    this.server.close();
  }

  private admit(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'video/x-flv', 'cache-control': 'no-store' });
    response.write(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
    this.waiting.add(response);
    response.on('close', () => {
      this.waiting.delete(response);
      this.readers.delete(response);
    });
  }

  private film(): void {
    const elapsedMs = performance.now() - this.startedMs;
    for (;;) {
      const shot = this.round[this.next] as Shot;
      const dueMs = this.rounds * this.roundMs + shot.tag.timestampMs;
      if (dueMs > elapsedMs) return;
      this.send(shot, dueMs as MediaMillis);
      this.next++;
      if (this.next < this.round.length) continue;
      this.next = 0;
      this.rounds++;
    }
  }

  private send({ tag, picture }: Shot, timestampMs: MediaMillis): void {
    if (picture?.isKeyframe === true) {
      for (const response of this.waiting) {
        for (const tag of this.beginning) response.write(encodeFlvTag({ ...tag, timestampMs }));
        this.readers.add(response);
      }
      this.waiting.clear();
    }
    const bytes = encodeFlvTag({ ...tag, timestampMs });
    for (const response of this.readers) {
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
      else response.write(bytes);
    }
    if (picture === undefined) return;
    const made = this.madeMs.get(picture.number) ?? [];
    this.madeMs.set(picture.number, made);
    made.push(performance.timeOrigin + performance.now());
  }
}
