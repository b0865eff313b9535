import type { SwarmPlayer } from '../player.ts';
import { element, icon, setText } from './elements.ts';
import { ICON } from './icons.ts';

export type OverlayEvents = {
  onPlay(): void;
  onUnmute(): void;
  onConsent(isGiven: boolean): void;
};

/** Everything over the picture that is not the bar: spinner, the large play button, sound off, notices, the question. */
export class Overlay {
  private readonly spinner = element('div', {
    class: 'spinner',
    role: 'progressbar',
    'aria-label': 'Loading',
    hidden: '',
  });
  private readonly big = element('button', { class: 'big', type: 'button', 'aria-label': 'Play', part: 'play' });
  private readonly unmute = element('button', { class: 'unmute', type: 'button', hidden: '' });
  private readonly title = element('b');
  private readonly text = element('span');
  private readonly notice = element(
    'div',
    { class: 'notice', role: 'status', part: 'notice', hidden: '' },
    this.title,
    this.text,
  );
  private readonly note = element('div', { class: 'note', role: 'status', hidden: '' });
  private readonly consent: HTMLElement;

  constructor(frame: HTMLElement, events: OverlayEvents) {
    this.big.append(icon(ICON.play));
    this.unmute.append(icon(ICON.muted), 'Tap for sound');
    const yes = element('button', { type: 'button', class: 'yes' }, 'Share');
    const no = element('button', { type: 'button' }, 'No, thanks');
    this.consent = element('div', {
      class: 'consent',
      role: 'dialog',
      'aria-label': 'Sharing',
      part: 'consent',
      hidden: '',
    });
    this.consent.append(
      element(
        'p',
        {},
        'Viewers pass this broadcast on to each other. Sharing uses your upload and shows your address to other viewers.',
      ),
      yes,
      no,
    );
    this.big.addEventListener('click', () => events.onPlay());
    this.unmute.addEventListener('click', () => events.onUnmute());
    yes.addEventListener('click', () => events.onConsent(true));
    no.addEventListener('click', () => events.onConsent(false));
    frame.append(this.spinner, this.unmute, this.note, this.notice, this.big, this.consent);
  }

  /** `failure`: of a page whose player could not even be made. */
  update(player: SwarmPlayer | undefined, failure?: string): void {
    const state = player?.stats.state ?? 'idle';
    const isWaitingForBroadcast = state === 'joining' && player?.description?.live === false;
    const trouble = failure ?? player?.trouble;
    this.big.hidden = !(state === 'paused' || (state === 'idle' && player !== undefined));
    this.unmute.hidden = player?.isMutedByBrowser !== true;
    this.consent.hidden = player?.isConsentWanted !== true || state === 'idle' || state === 'failed';
    if (failure !== undefined || state === 'failed') this.showNotice('This cannot be played', trouble);
    else if (state === 'ended') this.showNotice('The broadcast is over', 'It goes on here by itself if it is resumed.');
    else if (isWaitingForBroadcast)
      this.showNotice('Not live yet', trouble ?? 'The picture appears here as soon as the broadcast begins.');
    else if (trouble !== undefined) this.showNotice('One moment', trouble);
    else this.notice.hidden = true;
    const note = player?.note ?? '';
    this.note.hidden = note === '';
    setText(this.note, note);
    this.spinner.hidden = !(state === 'joining' || state === 'stalled') || !this.notice.hidden;
  }

  private showNotice(title: string, text = ''): void {
    setText(this.title, title);
    setText(this.text, text);
    this.notice.hidden = false;
  }
}
