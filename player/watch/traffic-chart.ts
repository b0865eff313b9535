/** Two minutes, a sample a second; at first less is shown, so that there is something to see. */
const SAMPLES = 120;
const SAMPLES_SHOWN_MIN = 30;

export type TrafficSample = { readonly fromPeers: number; readonly fromServer: number };

/** A stacked area of what arrived each second: viewers below, the server on top. Drawn once a second, not more. */
export class TrafficChart {
  private readonly canvas: HTMLCanvasElement;
  private readonly samples: TrafficSample[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  add(sample: TrafficSample): void {
    this.samples.push(sample);
    if (this.samples.length > SAMPLES) this.samples.shift();
    this.draw();
  }

  draw(): void {
    const { canvas, samples } = this;
    const context = canvas.getContext('2d');
    const scale = Math.min(2, devicePixelRatio || 1);
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (context === null || width === 0 || height === 0) return;
    canvas.width = width;
    canvas.height = height;
    const style = getComputedStyle(canvas);
    const peak = Math.max(1, ...samples.map((sample) => sample.fromPeers + sample.fromServer)) * 1.12;
    const step = width / (Math.max(SAMPLES_SHOWN_MIN, samples.length) - 1);
    const left = width - (samples.length - 1) * step;
    const x = (index: number): number => left + index * step;
    const area = (top: (sample: TrafficSample) => number, colour: string): void => {
      context.beginPath();
      context.moveTo(left, height);
      samples.forEach((sample, index) => {
        context.lineTo(x(index), height - (top(sample) / peak) * height);
      });
      context.lineTo(width, height);
      context.closePath();
      context.fillStyle = colour;
      context.fill();
    };
    context.fillStyle = style.getPropertyValue('--edge');
    for (const line of [0.25, 0.5, 0.75, 1]) context.fillRect(0, Math.round(height * line) - scale, width, scale);
    area((sample) => sample.fromPeers + sample.fromServer, style.getPropertyValue('--server'));
    area((sample) => sample.fromPeers, style.getPropertyValue('--viewers'));
  }
}
