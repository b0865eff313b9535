/** The player's own style. A page changes the colours through the custom properties, and parts through `::part()`. */
export const PLAYER_STYLE = `
:host {
  --live: var(--swarm-player-live, #ff4d5e);
  --accent: var(--swarm-player-accent, #6fd6c3);
  --server: var(--swarm-player-server, #f2b45c);
  display: block; position: relative; overflow: hidden; background: #000; color: #fff;
  aspect-ratio: 16 / 9; font: 500 14px/1.3 system-ui, sans-serif; -webkit-tap-highlight-color: transparent;
  container-type: inline-size; font-variant-numeric: tabular-nums;
}
:host([hidden]) { display: none }
:host(:fullscreen) { aspect-ratio: auto; width: 100%; height: 100%; border-radius: 0 }
.frame { height: 100% }
video { width: 100%; height: 100%; display: block; object-fit: contain; background: #000 }
button, input { font: inherit; color: inherit; margin: 0 }
button {
  background: none; border: 0; padding: 0; cursor: pointer; display: inline-flex; align-items: center;
  justify-content: center; border-radius: 8px;
}
svg { width: 22px; height: 22px; fill: currentColor; display: block }
[hidden] { display: none !important }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }

.bar {
  position: absolute; inset: auto 0 0 0; padding: 40px 12px 10px; display: flex; gap: 6px; align-items: center;
  background: linear-gradient(transparent, rgb(0 0 0 / .5) 45%, rgb(0 0 0 / .85)); transition: opacity .2s;
}
.bar button { min-width: 38px; height: 38px }
.bar button:hover { background: rgb(255 255 255 / .14) }
.idle .bar { opacity: 0; pointer-events: none }
.idle { cursor: none }
.spacer { flex: 1 }
.volume { display: flex; align-items: center }
.volume input { width: 0; opacity: 0; transition: width .18s, opacity .18s; accent-color: #fff }
.volume:hover input, .volume:focus-within input { width: 76px; opacity: 1; margin-right: 6px }
.line { position: absolute; inset: auto 12px 50px 12px; height: 18px; display: flex; align-items: center }
.line input { width: 100%; margin: 0; height: 18px; cursor: pointer; accent-color: var(--live) }
.bar .live { gap: 7px; padding: 0 10px; white-space: nowrap }
.dot { width: 8px; height: 8px; border-radius: 50%; background: #9aa3b5; flex: none }
.atlive .dot { background: var(--live); box-shadow: 0 0 7px var(--live) }
.behind { opacity: .78 }

.bar .meter { gap: 8px; padding: 0 10px; white-space: nowrap }
.meter svg { color: var(--accent); width: 20px; height: 20px }
.panel {
  position: absolute; right: 12px; bottom: 62px; width: 268px; max-width: calc(100% - 24px); max-height: calc(100% - 76px);
  overflow: auto; box-sizing: border-box; padding: 14px 16px; border-radius: 14px; background: rgb(13 18 36 / .9);
  font-weight: 400;
}
.panel h2 { font: inherit; font-weight: 600; margin: 0 0 10px }
.share { height: 8px; border-radius: 4px; overflow: hidden; background: var(--server); margin-bottom: 12px }
.share i { display: block; height: 100%; width: 0; background: var(--accent) }
dl { display: grid; grid-template-columns: 1fr auto; gap: 5px 12px; margin: 0; font-size: 13px }
dt { color: #a9b3cd } dd { margin: 0; text-align: right }

.spinner {
  position: absolute; inset: 0; margin: auto; width: 44px; height: 44px; border-radius: 50%; pointer-events: none;
  border: 3px solid rgb(255 255 255 / .22); border-top-color: #fff; animation: turn .9s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn) } }
.big {
  position: absolute; inset: 0; margin: auto; width: 76px; height: 76px; border-radius: 50%;
  background: rgb(13 18 36 / .8);
}
.big:hover { background: rgb(13 18 36 / .9) }
.big svg { width: 34px; height: 34px }
.unmute {
  position: absolute; top: 12px; left: 12px; height: 38px; padding: 0 14px 0 10px; gap: 8px; border-radius: 19px;
  background: rgb(13 18 36 / .8);
}
.note {
  position: absolute; left: 12px; bottom: 62px; max-width: calc(100% - 52px); padding: 6px 14px; border-radius: 14px;
  background: rgb(13 18 36 / .9); pointer-events: none;
}
.notice {
  position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 6px;
  padding: 24px; text-align: center; background: rgb(8 11 22 / .78); pointer-events: none; text-wrap: balance;
}
.notice b { font-size: 17px } .notice span { color: #c3cbe0; max-width: 46ch; overflow-wrap: anywhere; font-weight: 400 }
.consent {
  position: absolute; inset: 12px 12px auto 12px; margin: 0 auto; max-width: 560px; display: flex; gap: 10px 16px; flex-wrap: wrap;
  align-items: center; padding: 12px 16px; border-radius: 14px; background: rgb(13 18 36 / .9); font-weight: 400;
}
.consent p { margin: 0; flex: 1 1 220px }
.consent button { height: 34px; padding: 0 14px; border: 1px solid rgb(255 255 255 / .3) }
.consent button.yes { background: var(--accent); border-color: var(--accent); color: #07251f; font-weight: 600 }

@container (max-width: 420px) { .behind, .meter span { display: none } .volume:hover input { width: 0; opacity: 0 } }
@media (prefers-reduced-motion: reduce) { *, *::before { transition: none !important; animation-duration: 3s !important } }
`;
