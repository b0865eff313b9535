// Pictures that carry their number: what the filter draws is what the onlooker reads, and what is blurred is not read at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PICTURE_CLOCK,
  PICTURE_CLOCK_LENGTH,
  pictureClockFilter,
  readPictureClock,
} from '../../support/picture-clock.ts';

const WHITE = 228;
const BLACK = 16;

/** The conditions of the filter, worked out as ffmpeg would. */
const conditions = [...pictureClockFilter().matchAll(/enable='mod\(floor\(n\/(\d+)\)\+floor\(n\/(\d+)\),2\)'/g)];

function brightnessOf(picture: number): number[] {
  return conditions.map(([, one, other]) => {
    const isSet = (Math.floor(picture / Number(one)) + Math.floor(picture / Number(other))) % 2 === 1;
    return isSet ? WHITE : BLACK;
  });
}

test('every number is read as it was drawn', () => {
  assert.equal(conditions.length, PICTURE_CLOCK.bits);
  for (let picture = 0; picture < PICTURE_CLOCK_LENGTH; picture++) {
    assert.equal(readPictureClock(brightnessOf(picture)), picture);
  }
});

test('from a picture to the next one block changes', () => {
  for (let picture = 1; picture < PICTURE_CLOCK_LENGTH; picture++) {
    const before = brightnessOf(picture - 1);
    assert.equal(brightnessOf(picture).filter((value, bit) => value !== before[bit]).length, 1);
  }
});

test('a block between black and white gives no number, and neither does a row that is too short', () => {
  const whole = brightnessOf(777);
  assert.equal(readPictureClock(whole.with(3, 128)), undefined);
  assert.equal(readPictureClock(whole.slice(1)), undefined);
});
