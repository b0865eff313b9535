/*
 * Small helpers to build what the player shows. Texts go in as text nodes and icons as SVG nodes, never as markup: titles
 * come from strangers, and pages with a strict policy (Trusted Types, no inline style) must be able to hold the player.
 */

type Attributes = Readonly<Record<string, string>>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An icon of one path on a field of 24 by 24. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

/** Changes the icon that `icon` made. */
export function setIcon(svg: SVGSVGElement, path: string): void {
  const shape = svg.firstElementChild;
  if (shape?.getAttribute('d') !== path) shape?.setAttribute('d', path);
}

/** Writes a text only where it changed: layout is not disturbed once a second for nothing. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Gives a shadow root its style; constructable sheets need no `style-src 'unsafe-inline'`. */
export function adoptStyle(root: ShadowRoot, css: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(element('style', {}, css)); // Safari before 16.4
  }
}
