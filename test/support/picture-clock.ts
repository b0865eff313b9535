/*
 * Pictures that carry their own number: a row of black and white blocks in the top left corner. Whoever sees the picture, in
 * whatever player, can tell which one it is, and so when it was made. The number is in Gray code: from a picture to the next
 * one block changes, so that a look between two pictures is wrong by one at most, and coding it costs few bits.
 */

const BITS = 11;
/** Aligned with the blocks of the video codec. */
const BLOCK_PX = 16;

/** What a reader has to know. */
export const PICTURE_CLOCK = { bits: BITS, blockPx: BLOCK_PX };
/** So many pictures have numbers of their own. */
export const PICTURE_CLOCK_LENGTH = 2 ** BITS;

/** The filter of ffmpeg that draws it. */
export function pictureClockFilter(): string {
  const box = (x: number, width: number, colour: string) =>
    `drawbox=x=${x}:y=0:w=${width}:h=${BLOCK_PX}:color=${colour}:t=fill`;
  const blocks = Array.from({ length: BITS }, (_, bit) => {
    const isSet = `mod(floor(n/${2 ** bit})+floor(n/${2 ** (bit + 1)}),2)`;
    return `${box(bit * BLOCK_PX, BLOCK_PX, 'white')}:enable='${isSet}'`;
  });
  return [box(0, BITS * BLOCK_PX, 'black'), ...blocks].join(',');
}

/** The number, of how bright the blocks are (0 to 255); undefined where one is neither black nor white. */
export function readPictureClock(brightness: readonly number[]): number | undefined {
  if (brightness.length !== BITS) return undefined;
  let number = 0;
  let carried = 0;
  for (let bit = BITS - 1; bit >= 0; bit--) {
    const value = brightness[bit] ?? 128;
    if (value > 80 && value < 175) return undefined;
    carried ^= value > 127 ? 1 : 0;
    number += carried << bit;
  }
  return number;
}
