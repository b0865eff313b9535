import type { PlayerPage } from './player-page.ts';
import { waitFor } from './wait.ts';

/** The sentence that stands over the picture; empty while none does. */
export function noticeText({ page }: PlayerPage): Promise<string> {
  return page.evaluate(() => {
    const notice = document.querySelector('swarm-player')?.shadowRoot?.querySelector('[part=notice]');
    return notice instanceof HTMLElement && !notice.hidden ? (notice.querySelector('span')?.textContent ?? '') : '';
  });
}

export async function waitForNotice(viewer: PlayerPage, wish: RegExp): Promise<void> {
  let last = '';
  await waitFor(
    async () => {
      last = await noticeText(viewer);
      return wish.test(last);
    },
    { text: `the notice is ${wish}` },
  ).catch((error: Error) => {
    throw new Error(`${error.message}; last ${JSON.stringify(last)}`);
  });
}
