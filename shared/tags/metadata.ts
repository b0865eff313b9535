import { type Amf0Property, type Amf0Value, amf0Properties, encodeAmf0 } from './amf0.ts';
import type { Tag } from './tag.ts';
import { readTagContents } from './tag-contents.ts';

/** What files say about themselves and a live stream cannot know: players that believe it seek, or stop, at a wrong place. */
const FILE_ONLY_NAMES = [
  'duration',
  'filesize',
  'datasize',
  'videosize',
  'audiosize',
  'keyframes',
  'haskeyframes',
  'hascuepoints',
  'cuepoints',
  'canseektoend',
  'seekpoints',
  'lasttimestamp',
  'lastkeyframetimestamp',
  'lastkeyframelocation',
  'totalframes',
  'starttime',
];

/** The properties of onMetaData; undefined for any other tag. */
export function readMetadata(tag: Tag): readonly Amf0Property[] | undefined {
  if (tag.kind !== 'data') return undefined;
  for (const content of readTagContents(tag)) {
    if (content.role === 'script' && content.name === 'onMetaData') {
      return content.values.flatMap((value) => amf0Properties(value));
    }
  }
  return undefined;
}

/**
 * onMetaData fit for a live stream: without what only holds of a file, without `@setDataFrame`. Other tags are given back as
 * they are. Width, height, codec ids, frame rate and whatever else the encoder tells stay.
 */
export function liveMetadata(tag: Tag): Tag {
  const properties = readMetadata(tag);
  if (properties === undefined) return tag;
  const kept = properties.filter(([name]) => !FILE_ONLY_NAMES.includes(name.toLowerCase()));
  const values: Amf0Value[] = [
    { type: 'string', value: 'onMetaData' },
    { type: 'ecma-array', count: kept.length, properties: kept },
  ];
  return { ...tag, body: encodeAmf0(values) };
}

/** A number that onMetaData tells, if it is one that can be meant. */
export function metadataNumber(properties: readonly Amf0Property[], name: string): number | undefined {
  const value = properties.findLast(([known]) => known === name)?.[1];
  return value?.type === 'number' && Number.isFinite(value.value) && value.value > 0 ? value.value : undefined;
}
