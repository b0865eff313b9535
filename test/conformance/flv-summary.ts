/**
 * The manifest's summary of an FLV file, written by an independent reader:
 *
 *   v:h264(High) 320x180 bf=2 | a:aac(LC) 44100Hz 2ch | fmt=flv … || FLV: hdr=5 tags={'v': 73, 's': 1} v={'avc': 73} seqh={'v': 1}
 *   kf=5 cts!=0:61 neg:0 first={'v': 0} last={'v': 2917} xback=1 eos=1 badPTS=2 meta={'onMetaData(693)': 1} !!trunc-in-body pos=1/9
 */
export type FlvSummary = {
  readonly headerFlags: number;
  readonly tags: Counts;
  /** Tags by legacy codec name. */
  readonly video: Counts;
  readonly audio: Counts;
  /** Enhanced RTMP: FourCC and packet type. */
  readonly enhanced: Counts;
  readonly sequenceHeaders: Counts;
  readonly keyframeTags: number;
  readonly offsets: number;
  readonly negativeOffsets: number;
  readonly first: Counts;
  readonly last: Counts;
  readonly endsOfSequence: number;
  readonly wrongPreviousTagSizes: number;
  readonly metadata: number;
  readonly bytesLeftOver: number;
  /** What ffmpeg says; it knows nothing of Enhanced RTMP. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly sound: { readonly sampleRate: number; readonly channels: number } | undefined;
};

export type Counts = Readonly<Record<string, number>>;

export function parseFlvSummary(summary: string): FlvSummary {
  const [general = '', flv = ''] = summary.split('|| FLV: ');
  const number = (pattern: RegExp): number => Number(pattern.exec(flv)?.[1] ?? 0);
  const size = /v:\S+ (\d+)x(\d+)/.exec(general);
  const sound = /a:\S+ (\d+)Hz (\d+)ch/.exec(general);
  const position = /pos=(\d+)\/(\d+)/.exec(flv);
  return {
    headerFlags: number(/hdr=(\d+)/),
    tags: counts(flv, 'tags'),
    video: counts(flv, 'v'),
    audio: counts(flv, 'a'),
    enhanced: counts(flv, 'EX'),
    sequenceHeaders: counts(flv, 'seqh'),
    keyframeTags: number(/kf=(\d+)/),
    offsets: number(/cts!=0:(\d+)/),
    negativeOffsets: number(/neg:(\d+)/),
    first: counts(flv, 'first'),
    last: counts(flv, 'last'),
    endsOfSequence: number(/eos=(\d+)/),
    wrongPreviousTagSizes: number(/badPTS=(\d+)/),
    metadata: Object.entries(counts(flv, 'meta')).reduce(
      (sum, [name, count]) => sum + (/^onMetaData/.test(name) ? count : 0),
      0,
    ),
    bytesLeftOver: Math.max(0, Number(position?.[2] ?? 0) - Number(position?.[1] ?? 0)),
    size: size === null ? undefined : { width: Number(size[1]), height: Number(size[2]) },
    sound: sound === null ? undefined : { sampleRate: Number(sound[1]), channels: Number(sound[2]) },
  };
}

function counts(text: string, name: string): Counts {
  const braces = new RegExp(`(?:^|\\s)${name}=\\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  return Object.fromEntries(
    Array.from(braces.matchAll(/'([^']+)': (\d+)/g), (match) => [match[1] as string, Number(match[2])]),
  );
}
