/*
 * Makes seeder/demo/demo.flv, the broadcast that `npm start` shows: `node seeder/demo/make-clip.ts [FILE]`, with ffmpeg and the DejaVu
 * fonts installed. Run once; the clip is kept in the repository.
 *
 * A swarm of lights, one of which (the seeder) sends a ring and a handful of packets out each second, with a tone. Every
 * movement has a period that divides the clip, and 24 s are a whole number of frames (600), of GOPs (12) and of AAC frames
 * at 48 kHz (1125), so the clip loops without a seam.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../shared/basics/random.ts';

const WIDTH = 640;
const HEIGHT = 360;
const FRAMES_PER_SECOND = 25;
const SECONDS = 24;
const FRAMES = SECONDS * FRAMES_PER_SECOND;
const AUDIO_RATE = 48_000;
/** The encoder puts one frame of priming in front: one less of our own keeps the count at 1125. */
const AUDIO_SECONDS = SECONDS - 1024 / AUDIO_RATE;

const TURN = 2 * Math.PI;
const LIGHTS = 34;
const LINK_PIXELS = 112;
const SEEDER = { x: WIDTH / 2, y: HEIGHT * 0.46 };

type Rgb = readonly [number, number, number];
type Light = { x: number; y: number; size: number; colour: Rgb };
type Orbit = { radiusX: number; radiusY: number; turns: number; phase: number; wobble: number; wobbleTurns: number };

async function makeClip(file: string): Promise<void> {
  const ffmpeg = spawn('ffmpeg', ffmpegArguments(file), { stdio: ['pipe', 'inherit', 'inherit'] });
  const exited = once(ffmpeg, 'exit');
  const random = new Random(20);
  const orbits = Array.from({ length: LIGHTS }, (_, index) => makeOrbit(index, random));
  const grain = Float32Array.from({ length: WIDTH * HEIGHT }, () => random.between(-0.9, 0.9));
  for (let frame = 0; frame < FRAMES; frame++) {
    const picture = drawFrame(frame / FRAMES_PER_SECOND, orbits, grain);
    if (!ffmpeg.stdin.write(picture)) await once(ffmpeg.stdin, 'drain');
  }
  ffmpeg.stdin.end();
  const [code] = await exited;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
}

function makeOrbit(index: number, random: Random): Orbit {
  const ring = 0.22 + 0.78 * Math.sqrt((index + 0.5) / LIGHTS);
  return {
    radiusX: ring * WIDTH * 0.46,
    radiusY: ring * HEIGHT * 0.42,
    turns: index % 3 === 0 ? -1 : 1,
    phase: index * 2.39996 + random.between(-0.2, 0.2),
    wobble: random.between(0.02, 0.09),
    wobbleTurns: 1 + random.below(3),
  };
}

function drawFrame(seconds: number, orbits: readonly Orbit[], grain: Float32Array): Uint8Array {
  const canvas = new Float32Array(WIDTH * HEIGHT * 3);
  const loop = seconds / SECONDS;
  paintSky(canvas, loop);
  const beat = seconds % 1;
  const lights = orbits.map((orbit, index) => placeLight(orbit, index, loop, beat));
  drawRing(canvas, beat);
  for (const [index, light] of lights.entries()) {
    for (const other of lights.slice(index + 1)) drawLink(canvas, light, other, LINK_PIXELS, 26);
    drawLink(canvas, light, { ...SEEDER, size: 0, colour: SEEDER_COLOUR }, LINK_PIXELS * 1.25, 46);
  }
  drawPackets(canvas, lights, Math.floor(seconds), beat);
  for (const light of lights) glow(canvas, light.x, light.y, light.size, light.colour, 190);
  const pulse = Math.exp(-5 * beat);
  glow(canvas, SEEDER.x, SEEDER.y, 10 + 8 * pulse, SEEDER_COLOUR, 150 + 90 * pulse);
  glow(canvas, SEEDER.x, SEEDER.y, 4.5, [1, 1, 1], 255);
  return toBytes(canvas, grain);
}

const SEEDER_COLOUR: Rgb = [1, 0.72, 0.35];
const NEAR_COLOUR: Rgb = [0.45, 0.95, 0.85];
const FAR_COLOUR: Rgb = [0.62, 0.55, 1];

/** Night blue, with two slow veils of light. */
function paintSky(canvas: Float32Array, loop: number): void {
  const first = { x: 0.3 + 0.2 * Math.sin(TURN * loop), y: 0.25 + 0.15 * Math.cos(TURN * loop) };
  const second = { x: 0.72 + 0.15 * Math.cos(TURN * loop), y: 0.7 + 0.2 * Math.sin(TURN * loop) };
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const across = x / WIDTH;
      const down = y / HEIGHT;
      const teal = Math.exp(-((across - first.x) ** 2 * 7 + (down - first.y) ** 2 * 9));
      const violet = Math.exp(-((across - second.x) ** 2 * 7 + (down - second.y) ** 2 * 8));
      const at = (y * WIDTH + x) * 3;
      canvas[at] = 9 + 8 * teal + 52 * violet;
      canvas[at + 1] = 14 + 52 * teal + 12 * violet + 8 * down;
      canvas[at + 2] = 34 + 44 * teal + 66 * violet + 10 * down;
    }
  }
}

function placeLight(orbit: Orbit, index: number, loop: number, beat: number): Light {
  const angle = TURN * (orbit.turns * loop) + orbit.phase;
  const breath = 1 + orbit.wobble * Math.sin(TURN * orbit.wobbleTurns * loop + index);
  const x = SEEDER.x + orbit.radiusX * breath * Math.cos(angle);
  const y = SEEDER.y + orbit.radiusY * breath * Math.sin(angle);
  const away = Math.min(1, Math.hypot(x - SEEDER.x, y - SEEDER.y) / (WIDTH * 0.46));
  const ringIsHere = Math.exp(-(((away - ringRadius(beat) / (WIDTH * 0.46)) * 9) ** 2));
  return { x, y, size: 3.6 + 1.2 * (index % 3) + 2.4 * ringIsHere, colour: mix(NEAR_COLOUR, FAR_COLOUR, away) };
}

/** The ring leaves the seeder on the second and is gone before the next. */
function ringRadius(beat: number): number {
  return 12 + 300 * beat;
}

function drawRing(canvas: Float32Array, beat: number): void {
  const radius = ringRadius(beat);
  const strength = 60 * (1 - beat) ** 2;
  const top = Math.max(0, Math.floor(SEEDER.y - radius - 8));
  const bottom = Math.min(HEIGHT, Math.ceil(SEEDER.y + radius + 8));
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const off = Math.hypot(x - SEEDER.x, y - SEEDER.y) - radius;
      if (off > -12 && off < 12) add(canvas, x, y, SEEDER_COLOUR, strength * Math.exp(-(off * off) / 18));
    }
  }
}

function drawPackets(canvas: Float32Array, lights: readonly Light[], second: number, beat: number): void {
  const travelled = beat * beat * (3 - 2 * beat);
  const fade = Math.min(1, 6 * (1 - beat));
  for (let packet = 0; packet < 5; packet++) {
    const target = lights[(second * 7 + packet * 11) % lights.length] as Light;
    const x = SEEDER.x + (target.x - SEEDER.x) * travelled;
    const y = SEEDER.y + (target.y - SEEDER.y) * travelled;
    glow(canvas, x, y, 3.4, [1, 0.92, 0.75], 230 * fade);
  }
}

/** A thin line between two lights, brighter the nearer they are. */
function drawLink(canvas: Float32Array, from: Light, to: Light, reach: number, brightness: number): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length >= reach || length < 1) return;
  const strength = brightness * (1 - length / reach) ** 0.7;
  const steps = Math.ceil(length);
  for (let step = 0; step <= steps; step++) {
    const part = step / steps;
    const colour = mix(from.colour, to.colour, part);
    glow(canvas, from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part, 1.1, colour, strength);
  }
}

/** A round light that falls off softly; `size` is its radius at 1/e. */
function glow(canvas: Float32Array, atX: number, atY: number, size: number, colour: Rgb, strength: number): void {
  const reach = Math.ceil(size * 2.4);
  const left = Math.max(0, Math.floor(atX) - reach);
  const right = Math.min(WIDTH - 1, Math.floor(atX) + reach + 1);
  const top = Math.max(0, Math.floor(atY) - reach);
  const bottom = Math.min(HEIGHT - 1, Math.floor(atY) + reach + 1);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const off = (x - atX) ** 2 + (y - atY) ** 2;
      add(canvas, x, y, colour, strength * Math.exp(-off / (size * size)));
    }
  }
}

function add(canvas: Float32Array, x: number, y: number, colour: Rgb, strength: number): void {
  const at = (y * WIDTH + x) * 3;
  for (let channel = 0; channel < 3; channel++) {
    canvas[at + channel] = (canvas[at + channel] as number) + strength * (colour[channel] as number);
  }
}

function mix(from: Rgb, to: Rgb, part: number): Rgb {
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, from[2] + (to[2] - from[2]) * part];
}

/** The same fine grain in every frame hides the bands of a dark gradient and costs nothing after the keyframe. */
function toBytes(canvas: Float32Array, grain: Float32Array): Uint8Array {
  const bytes = new Uint8ClampedArray(canvas.length);
  for (let at = 0; at < canvas.length; at++) bytes[at] = (canvas[at] as number) + (grain[Math.floor(at / 3)] as number);
  return new Uint8Array(bytes.buffer);
}

function ffmpegArguments(file: string): string[] {
  const tone =
    'exp(-8*mod(t,1))*min(1,150*mod(t,1))*(0.14*sin(2*PI*(523.25+260.74*eq(mod(floor(t),4),0))*t)' +
    '+0.05*sin(2*PI*1046.5*t))';
  const text = "font='DejaVu Sans Mono':fontcolor=white:shadowcolor=black@0.6:shadowx=1:shadowy=1";
  const clock = `drawtext=${text}:fontsize=30:x=24:y=h-58:text='%{pts\\:hms}'`;
  const counter = `drawtext=${text}:fontsize=16:x=w-tw-24:y=h-48:text='frame %{eif\\:n\\:d\\:4}'`;
  const title = `drawtext=font='DejaVu Sans':fontcolor=white@0.85:fontsize=17:x=24:y=22:text='swarmtube demo'`;
  return [
    ...['-hide_banner', '-loglevel', 'warning', '-y'],
    ...['-thread_queue_size', '16', '-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${WIDTH}x${HEIGHT}`],
    ...['-framerate', String(FRAMES_PER_SECOND), '-i', 'pipe:0'],
    ...['-f', 'lavfi', '-i', `aevalsrc=exprs='${tone}':s=${AUDIO_RATE}:c=mono:d=${AUDIO_SECONDS.toFixed(6)}`],
    ...['-vf', `${clock},${counter},${title},format=yuv420p`],
    ...['-c:v', 'libx264', '-profile:v', 'high', '-preset', 'veryslow', '-b:v', '446k', '-maxrate', '460k'],
    ...['-bufsize', '460k', '-x264-params', 'keyint=50:min-keyint=50:scenecut=0:open-gop=0:bframes=2:b-adapt=0'],
    ...['-c:a', 'aac', '-b:a', '72k', '-map_metadata', '-1', '-fflags', '+bitexact', '-f', 'flv', file],
  ];
}

await makeClip(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), 'demo.flv'));
