const SVG = 'http://www.w3.org/2000/svg';
const RADIUS = 21;
/** Spacing leaves a seam between cells. */
const PITCH = RADIUS * 1.86;
const CELLS = 18;

/**
 * You in the middle, a cell for each viewer you are connected to around, the server aside. A picture of the swarm that
 * costs nothing: it is only touched when something changed.
 */
export class Honeycomb {
  private readonly cells: SVGPathElement[] = [];
  private readonly server: SVGPathElement;

  constructor(svg: SVGSVGElement) {
    for (const [column, row] of cellPlaces()) this.cells.push(addCell(svg, column, row, ''));
    addCell(svg, 0, 0, 'you');
    addText(svg, 0, 0, 'you');
    this.server = addCell(svg, -3, 0, 'server resting');
    addText(svg, -3, 0, 'server');
  }

  /** `source`: where the stream comes from now. */
  update(peers: number, source: 'swarm' | 'server' | 'both' | 'none'): void {
    const isFed = source === 'swarm' || source === 'both';
    this.cells.forEach((cell, index) => {
      const name = index < peers ? (isFed ? 'peer' : 'quiet') : '';
      if (cell.getAttribute('class') !== name) cell.setAttribute('class', name);
    });
    const name = source === 'server' || source === 'both' ? 'server' : 'server resting';
    if (this.server.getAttribute('class') !== name) this.server.setAttribute('class', name);
  }
}

/** Cells of a field of hexagons around (0, 0), nearest first, without the middle and without the server's corner. */
function cellPlaces(): [column: number, row: number][] {
  const places: [number, number][] = [];
  for (let row = -1; row <= 1; row++) {
    for (let column = -3; column <= 3.5; column++) {
      const place: [number, number] = [column + (row === 0 ? 0 : 0.5), row];
      const isMiddle = place[0] === 0 && row === 0;
      const isServers = place[0] <= -2 && (row === 0 || place[0] < -2);
      if (!isMiddle && !isServers && place[0] <= 3) places.push(place);
    }
  }
  const distance = ([column, row]: [number, number]): number => column * column + row * row * 0.75;
  return places.sort((first, second) => distance(first) - distance(second)).slice(0, CELLS);
}

function addCell(svg: SVGSVGElement, column: number, row: number, name: string): SVGPathElement {
  const path = document.createElementNS(SVG, 'path');
  const x = column * PITCH;
  const y = row * PITCH * 0.866;
  const points = Array.from({ length: 6 }, (_, corner) => {
    const angle = (Math.PI / 3) * corner + Math.PI / 6;
    return `${(x + RADIUS * Math.cos(angle)).toFixed(1)} ${(y + RADIUS * Math.sin(angle)).toFixed(1)}`;
  });
  path.setAttribute('d', `M${points.join('L')}Z`);
  path.setAttribute('class', name);
  svg.append(path);
  return path;
}

function addText(svg: SVGSVGElement, column: number, row: number, text: string): void {
  const node = document.createElementNS(SVG, 'text');
  node.setAttribute('x', String(column * PITCH));
  node.setAttribute('y', String(row * PITCH * 0.866 + 3.5));
  node.textContent = text;
  svg.append(node);
}
