/* Titles come from whoever sets a channel up: in the list of channels they are text, whatever stands in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPageRoutes } from '../../../../seeder/http/page-routes.ts';
import { StaticFiles } from '../../../../seeder/http/static-files.ts';
import type { ChannelOutputs } from '../../../../seeder/outputs/channel-outputs.ts';
import { fc } from '../../../support/properties.ts';
import { serveRouter } from './http-harness.ts';

const TITLES = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</span><svg/onload=alert(1)>',
  '"><a href="javascript:alert(1)">',
  "' onmouseover='alert(1)",
  '&lt;script&gt;',
  '<!--',
  '</title><style>*{display:none}</style>',
  '\u0000<b>\u2028</b>',
];

/** What the program itself writes into the page. */
const TAGS =
  /<\/?(?:!doctype html|html|head|meta|title|style|body|header|main|h1|h2|ul|li|a|span|b|i|p|svg|path|link)(?: [^<>]*)?>/g;

function channel(title: string): ChannelOutputs {
  const name = 'main';
  return {
    channel: { name, title, describe: () => ({ live: true, bitrate: 500_000, tracks: [] }) },
  } as unknown as ChannelOutputs;
}

test('a title is shown as text', async (t) => {
  let title = '';
  const ask = await serveRouter(t, (router) => {
    const directory = { channels: () => [channel(title)], channel: () => undefined, viewers: () => 1 };
    addPageRoutes(router, new StaticFiles('/nowhere'), directory);
  });
  const pageOf = async (text: string): Promise<string> => {
    title = text;
    const { body, headers } = await ask('/');
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
    return body.toString();
  };
  const usual = (await pageOf('Main')).match(TAGS);
  const check = async (text: string): Promise<void> => {
    const html = await pageOf(text);
    assert.deepEqual(html.match(TAGS), usual, `${text} made a tag`);
    assert.doesNotMatch(html.replace(TAGS, ''), /[<>]/);
    assert.ok(html.includes(text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)));
  };
  for (const text of TITLES) await check(text);
  const hostile = fc.array(fc.constantFrom(...'<>&"\'/= ;!-#x', 'script', 'onerror', 'javascript:', '</span>'), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(hostile, (pieces) => check(`t${pieces.join('')}`)),
    { numRuns: 100 },
  );
});
