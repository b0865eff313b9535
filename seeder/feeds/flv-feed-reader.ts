import { FlvTagReader, type FlvTagReaderOptions } from '../../shared/tags/flv-tag-reader.ts';
import type { FeedEvent } from './feed.ts';

/** Bytes of FLV into what a feed says: tags, restarts, and a note for each kind of fault when it is first met. */
export class FlvFeedReader {
  private readonly reader: FlvTagReader;
  private faultsTold = 0;

  constructor(options: FlvTagReaderOptions = {}) {
    this.reader = new FlvTagReader(options);
  }

  /** Throws a `SwarmtubeError` where the bytes are no FLV. */
  read(bytes: Uint8Array): FeedEvent[] {
    // As plain bytes: tags outlive what they are cut from, and a Buffer's `slice` is a view where theirs is a copy.
    const events = this.reader.read(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return [
      ...this.newNotes(),
      ...events.map((event): FeedEvent => (event.type === 'tag' ? event : { type: 'restarted' })),
    ];
  }

  /** No more bytes will come. */
  end(): FeedEvent[] {
    const tags = this.reader.end();
    return [...tags.map((tag): FeedEvent => ({ type: 'tag', tag })), ...this.newNotes()];
  }

  private newNotes(): FeedEvent[] {
    const news = this.reader.faults.slice(this.faultsTold);
    this.faultsTold += news.length;
    // A restart is an event of its own.
    return news.filter(({ code }) => code !== 'restart').map(({ text }): FeedEvent => ({ type: 'note', text }));
  }
}
