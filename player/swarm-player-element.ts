import type { SwarmtubeError } from '../shared/basics/errors.ts';
import type { P2pMode, PlayerOptions } from './options.ts';
import { PlayerErrorEvent, SwarmPlayer } from './player.ts';
import { EMPTY_STATS, type PlayerStats } from './stats.ts';
import { Controls } from './ui/controls.ts';
import { adoptStyle, element } from './ui/elements.ts';
import { Overlay } from './ui/overlay.ts';
import { PLAYER_STYLE } from './ui/style.ts';

/** A change of these is another broadcast: everything begins anew. */
const RESTARTING = ['src', 'key', 'token', 'patience', 'playback', 'latency', 'upload-limit'];
const OBSERVED = [...RESTARTING, 'p2p', 'controls', 'muted', 'poster', 'loop'];
const FORWARDED_EVENTS = ['statechange', 'stats', 'live'];

/**
 * `<swarm-player src key …>`: the player as an element. It begins when it is put on a page and lets go of everything when
 * it is taken off; moved within a task, it plays on. Its events are those of `SwarmPlayer`, and none of them bubbles.
 */
export class SwarmPlayerElement extends HTMLElement {
  static readonly observedAttributes = OBSERVED;

  private readonly video = element('video', { part: 'video' });
  private readonly frame = element('div', { class: 'frame', part: 'frame' });
  private readonly overlay: Overlay;
  private current: SwarmPlayer | undefined;
  private controlBar: Controls | undefined;
  private isRestartDue = false;
  private finalStats: PlayerStats = EMPTY_STATS;
  private consent: P2pMode | undefined;
  /** What is wrong with the attributes as they are. */
  private mistake: TypeError | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: false });
    adoptStyle(root, PLAYER_STYLE);
    this.frame.append(this.video);
    root.append(this.frame);
    this.overlay = new Overlay(this.frame, {
      onPlay: () => this.play(),
      onUnmute: () => {
        this.video.muted = false;
        this.overlay.update(this.current);
      },
      onConsent: (isGiven) => {
        this.consent = isGiven ? 'on' : 'off';
        this.current?.setP2p(this.consent);
        this.overlay.update(this.current);
      },
    });
  }

  get stats(): PlayerStats {
    return this.current?.stats ?? this.finalStats;
  }

  /** The player inside, for what has no attribute; undefined while the element is on no page, or has no `src`. */
  get player(): SwarmPlayer | undefined {
    return this.current;
  }

  play(): void {
    if (this.current === undefined) this.restart();
    this.current?.play();
  }

  pause(): void {
    this.current?.pause();
  }

  goLive(): void {
    this.current?.goLive();
  }

  connectedCallback(): void {
    if (!this.hasAttribute('tabindex')) this.tabIndex = 0;
    if (this.current === undefined) this.scheduleRestart();
  }

  disconnectedCallback(): void {
    // An element that is moved is off the page only for a moment.
    queueMicrotask(() => {
      if (!this.isConnected) this.drop();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'muted') this.video.muted = after !== null;
    else if (name === 'poster') setOrRemove(this.video, 'poster', after);
    else if (name === 'loop') this.video.loop = after !== null;
    else if (name === 'controls') this.updateControls();
    else if (name === 'p2p') {
      this.consent = undefined;
      this.scheduleRestart();
    } else this.scheduleRestart();
  }

  /** Several attributes set one after the other are one change. */
  private scheduleRestart(): void {
    if (this.isRestartDue) return;
    this.isRestartDue = true;
    queueMicrotask(() => {
      this.isRestartDue = false;
      if (this.isConnected) this.restart();
    });
  }

  private restart(): void {
    this.drop();
    if (!this.getAttribute('src')) return;
    let player: SwarmPlayer;
    try {
      player = new SwarmPlayer(this.video, { ...this.readOptions(), autoplay: false });
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown;
      this.mistake = thrown;
      const { message } = thrown;
      this.finalStats = { ...EMPTY_STATS, state: 'failed' };
      this.overlay.update(undefined, message);
      whenPageIsThere(() => {
        if (this.mistake !== thrown) return; // The page has put it right.
        this.dispatchEvent(new Event('statechange'));
        this.tellError('bad-attribute', message);
      });
      return;
    }
    this.current = player;
    for (const type of FORWARDED_EVENTS) {
      player.addEventListener(type, () => {
        if (this.current !== player) return;
        // The page destroyed it: the next `play` makes another.
        if (player.state === 'idle') this.drop();
        this.overlay.update(this.current);
        this.dispatchEvent(new Event(type));
      });
    }
    player.addEventListener('error', (event) => {
      const { code, message } = event as PlayerErrorEvent;
      this.overlay.update(player);
      this.tellError(code, message);
    });
    // First of all the server is asked; what is around the picture is built while it answers.
    if (this.hasAttribute('autoplay')) player.play();
    this.updateControls();
    this.overlay.update(player);
  }

  private drop(): void {
    this.controlBar?.close();
    this.controlBar = undefined;
    const player = this.current;
    this.current = undefined;
    player?.destroy();
    this.finalStats = { ...(player?.stats ?? this.finalStats), state: 'idle' };
    this.mistake = undefined;
    this.overlay.update(undefined);
  }

  private updateControls(): void {
    this.controlBar?.close();
    this.controlBar =
      this.current !== undefined && this.hasAttribute('controls')
        ? new Controls(this.current, this, this.frame)
        : undefined;
  }

  private tellError(code: string, message: string): void {
    this.dispatchEvent(new PlayerErrorEvent({ code, message } as SwarmtubeError));
  }

  private readOptions(): PlayerOptions {
    const text = (name: string): string | undefined => this.getAttribute(name) || undefined;
    const options: Record<string, unknown> = {
      src: text('src'),
      key: text('key'),
      token: text('token'),
      // Numbers as the text that they are: one that is none is named as it stands in the page.
      patience: text('patience'),
      playback: text('playback'),
      latency: text('latency'),
      uploadLimit: text('upload-limit'),
      p2p: this.consent ?? text('p2p'),
    };
    for (const [name, value] of Object.entries(options)) if (value === undefined) delete options[name];
    return options as PlayerOptions;
  }
}

/** Pages listen in scripts behind the element, which the parser may not have come to. */
function whenPageIsThere(tell: () => void): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => setTimeout(tell));
  else setTimeout(tell);
}

function setOrRemove(target: HTMLElement, name: string, value: string | null): void {
  if (value === null) target.removeAttribute(name);
  else target.setAttribute(name, value);
}
