import type { SwarmPlayer } from '../player.ts';
import { element, icon, setIcon, setText } from './elements.ts';
import { formatSeconds, formatShare, peerShare } from './format.ts';
import { ICON } from './icons.ts';
import { StatsPanel } from './stats-panel.ts';

/** The bar goes away when nobody has moved for so long and the picture moves. */
const IDLE_MS = 2_600;
const SEEK_SECONDS = 5;
const VOLUME_STEP = 0.1;
/** An instant replay of less is not worth a line to drag on. */
const REPLAY_SECONDS_MIN = 12;

/**
 * The player's bar: play, sound, live, share meter, full screen, and a line to go back on. Every control is a native
 * button or slider, so keyboards and screen readers know them; keys work anywhere in the player.
 */
export class Controls {
  readonly root: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly player: SwarmPlayer;
  private readonly panel = new StatsPanel();
  private readonly playIcon = icon(ICON.play);
  private readonly playButton = button('Play', this.playIcon);
  private readonly soundIcon = icon(ICON.loud);
  private readonly soundButton = button('Mute', this.soundIcon);
  private readonly volume = element('input', {
    type: 'range',
    min: '0',
    max: '1',
    step: '0.05',
    'aria-label': 'Volume',
  });
  private readonly behind = element('span', { class: 'behind' });
  private readonly liveButton = button('Go to live', element('span', { class: 'dot' }), 'LIVE', this.behind);
  private readonly share = element('span');
  private readonly meterButton = button('Statistics', icon(ICON.swarm), this.share);
  private readonly fullIcon = icon(ICON.enter);
  private readonly fullButton = button('Full screen', this.fullIcon);
  private readonly position = element('input', {
    type: 'range',
    step: '0.1',
    'aria-label': 'Position in the instant replay',
  });
  private readonly line = element('div', { class: 'line', hidden: '' }, this.position);
  private readonly abort = new AbortController();
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  private isDragging = false;

  /** `host` takes keys and goes to full screen; `frame` gets the class `idle`. */
  constructor(player: SwarmPlayer, host: HTMLElement, frame: HTMLElement) {
    this.player = player;
    this.frame = frame;
    this.liveButton.classList.add('live');
    this.meterButton.classList.add('meter');
    this.meterButton.setAttribute('aria-expanded', 'false');
    const sound = element('span', { class: 'volume' }, this.soundButton, this.volume);
    const spacer = element('span', { class: 'spacer' });
    this.root = element('div', { class: 'bar', part: 'controls', role: 'group', 'aria-label': 'Player controls' });
    this.root.append(this.line, this.playButton, sound, this.liveButton, spacer, this.meterButton, this.fullButton);
    frame.append(this.panel.root, this.root);
    this.listen(host);
    this.update();
  }

  /** Once a second, and whenever something changed. */
  update(): void {
    const { stats, video } = this.player;
    if (stats.state === 'playing' && this.frame.classList.contains('idle')) return; // out of sight
    const isPaused = stats.state === 'paused' || stats.state === 'idle' || stats.state === 'ended';
    setIcon(this.playIcon, isPaused ? ICON.play : ICON.pause);
    label(this.playButton, isPaused ? 'Play' : 'Pause');
    const isQuiet = video.muted || video.volume === 0;
    setIcon(this.soundIcon, isQuiet ? ICON.muted : video.volume < 0.5 ? ICON.quiet : ICON.loud);
    label(this.soundButton, isQuiet ? 'Unmute' : 'Mute');
    this.volume.value = String(isQuiet ? 0 : video.volume);
    const { isAtLive } = this.player;
    this.liveButton.classList.toggle('atlive', isAtLive);
    label(this.liveButton, isAtLive ? `Live, ${formatSeconds(stats.latencyMs)} behind` : 'Go to live');
    setText(this.behind, stats.latencyMs > 0 ? formatSeconds(stats.latencyMs) : '');
    const share = formatShare(peerShare(stats));
    setText(this.share, share);
    label(this.meterButton, `Statistics: ${share} through the swarm`);
    const isFull = document.fullscreenElement !== null;
    setIcon(this.fullIcon, isFull ? ICON.leave : ICON.enter);
    label(this.fullButton, isFull ? 'Leave full screen' : 'Full screen');
    if (!this.panel.root.hidden) this.panel.update(stats);
    this.updateLine();
  }

  close(): void {
    clearTimeout(this.idleTimer);
    this.abort.abort();
    this.root.remove();
    this.panel.root.remove();
    this.frame.classList.remove('idle');
  }

  private updateLine(): void {
    const { buffered, currentTime } = this.player.video;
    const { length } = buffered;
    const start = length > 0 ? buffered.start(0) : 0;
    const end = length > 0 ? buffered.end(length - 1) : 0;
    this.line.hidden = end - start < REPLAY_SECONDS_MIN;
    if (this.line.hidden || this.isDragging) return;
    this.position.min = String(start);
    // At the live edge the knob stands at the right: what lies ahead is the distance that is meant to be there.
    this.position.max = String(this.player.isAtLive ? currentTime : end);
    this.position.value = String(currentTime);
    this.position.setAttribute('aria-valuetext', `${formatSeconds((end - currentTime) * 1000)} before the end`);
  }

  private listen(host: HTMLElement): void {
    const { signal } = this.abort;
    const { player } = this;
    const on = (target: EventTarget, types: string, listener: (event: Event) => void): void => {
      for (const type of types.split(' ')) target.addEventListener(type, listener, { signal });
    };
    on(this.playButton, 'click', () => this.togglePlay());
    on(this.soundButton, 'click', () => this.toggleSound());
    on(this.volume, 'input', () => this.setVolume(Number(this.volume.value)));
    on(this.liveButton, 'click', () => player.goLive());
    on(this.meterButton, 'click', () => this.togglePanel());
    on(this.fullButton, 'click', () => this.toggleFullScreen(host));
    on(this.position, 'input', () => {
      this.isDragging = true;
      player.video.currentTime = Number(this.position.value);
    });
    on(this.position, 'change', () => {
      this.isDragging = false;
    });
    on(player, 'statechange stats', () => this.update());
    on(player.video, 'volumechange play pause seeked', () => this.update());
    on(document, 'fullscreenchange', () => this.update());
    on(player.video, 'click', () => this.togglePlay());
    on(player.video, 'dblclick', () => this.toggleFullScreen(host));
    on(host, 'pointermove pointerdown keydown focusin', () => this.wake());
    on(host, 'pointerleave', () => this.rest());
    on(host, 'keydown', (event) => this.onKey(event as KeyboardEvent, host));
    this.wake();
  }

  private onKey(event: KeyboardEvent, host: HTMLElement): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { video } = this.player;
    const focused = event.composedPath()[0];
    const isOnButton = focused instanceof HTMLButtonElement;
    const isOnSlider = focused instanceof HTMLInputElement;
    const act = (): boolean => {
      switch (event.key) {
        case ' ':
        case 'k':
          if (isOnButton && event.key === ' ') return false;
          this.togglePlay();
          return true;
        case 'm':
          this.toggleSound();
          return true;
        case 'f':
          this.toggleFullScreen(host);
          return true;
        case 'l':
          this.player.goLive();
          return true;
        case 'i':
          this.togglePanel();
          return true;
        case 'Escape':
          if (this.panel.root.hidden) return false;
          this.togglePanel();
          return true;
        case 'ArrowLeft':
        case 'ArrowRight':
          if (isOnSlider) return false;
          video.currentTime += event.key === 'ArrowLeft' ? -SEEK_SECONDS : SEEK_SECONDS;
          return true;
        case 'ArrowUp':
        case 'ArrowDown':
          if (isOnSlider) return false;
          this.setVolume(video.volume + (event.key === 'ArrowUp' ? VOLUME_STEP : -VOLUME_STEP));
          return true;
        default:
          return false;
      }
    };
    if (act()) event.preventDefault();
  }

  private togglePlay(): void {
    const { state } = this.player.stats;
    if (state === 'paused' || state === 'idle' || this.player.video.paused) this.player.play();
    else this.player.pause();
    this.update();
  }

  private toggleSound(): void {
    const { video } = this.player;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 1;
  }

  private setVolume(volume: number): void {
    const { video } = this.player;
    video.volume = Math.min(1, Math.max(0, volume));
    video.muted = video.volume === 0;
  }

  private togglePanel(): void {
    const { root } = this.panel;
    root.hidden = !root.hidden;
    this.meterButton.setAttribute('aria-expanded', String(!root.hidden));
    this.update();
  }

  private toggleFullScreen(host: HTMLElement): void {
    if (document.fullscreenElement !== null) {
      document.exitFullscreen().catch(() => {});
      return;
    }
    const video = this.player.video as HTMLVideoElement & { webkitEnterFullscreen?(): void };
    // An iPhone shows only video elements in full screen, and answers no promise.
    if (typeof host.requestFullscreen === 'function') host.requestFullscreen().catch(() => {});
    else video.webkitEnterFullscreen?.();
  }

  private wake(): void {
    if (this.frame.classList.contains('idle')) {
      this.frame.classList.remove('idle');
      this.update();
    }
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.rest(), IDLE_MS);
  }

  private rest(): void {
    const isInUse =
      !this.panel.root.hidden || this.root.matches(':focus-within:has(:focus-visible)') || this.isDragging;
    if (!isInUse && this.player.stats.state === 'playing') this.frame.classList.add('idle');
  }
}

function button(name: string, ...children: readonly (Node | string)[]): HTMLButtonElement {
  return element('button', { type: 'button', 'aria-label': name, title: name }, ...children);
}

function label(target: HTMLElement, text: string): void {
  if (target.getAttribute('aria-label') === text) return;
  target.setAttribute('aria-label', text);
  target.title = text;
}
