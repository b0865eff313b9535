/** Paths on a field of 24 by 24, drawn for this player. */
export const ICON = {
  play: 'M7 4.5v15a1 1 0 0 0 1.5.86l12.2-7.5a1 1 0 0 0 0-1.72L8.5 3.64A1 1 0 0 0 7 4.5z',
  pause: 'M6 4h4v16H6zM14 4h4v16h-4z',
  loud: 'M4 9v6h4l5 4.5v-15L8 9zM15.5 8.2a5 5 0 0 1 0 7.6l1.2 1.4a7 7 0 0 0 0-10.4zM18.2 5l-1.2 1.5a8 8 0 0 1 0 11l1.2 1.5a10 10 0 0 0 0-14z',
  quiet: 'M4 9v6h4l5 4.5v-15L8 9zM15.5 8.2a5 5 0 0 1 0 7.6l1.2 1.4a7 7 0 0 0 0-10.4z',
  muted:
    'M4 9v6h4l5 4.5v-15L8 9zM21.5 9.9l-1.4-1.4L18 10.6l-2.1-2.1-1.4 1.4 2.1 2.1-2.1 2.1 1.4 1.4 2.1-2.1 2.1 2.1 1.4-1.4-2.1-2.1z',
  enter: 'M4 4h6v2.4H6.4V10H4zM14 4h6v6h-2.4V6.4H14zM4 14h2.4v3.6H10V20H4zM17.6 14H20v6h-6v-2.4h3.6z',
  leave: 'M7.6 4H10v6H4V7.6h3.6zM14 4h2.4v3.6H20V10h-6zM4 14h6v6H7.6v-3.6H4zM14 14h6v2.4h-3.6V20H14z',
  swarm: 'M9 3h6v6H9zM3 15h6v6H3zM15 15h6v6h-6zM11 9h2v5h6v1h-2v0H5v-1h6z',
} as const;
