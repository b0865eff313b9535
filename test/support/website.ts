import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TestContext } from 'node:test';

/** Somebody's website that embeds players: another origin than swarmtube's. */
export type Website = {
  readonly url: string;
  /** Publishes a page and returns its address. */
  publish(html: string): string;
  close(): void;
};

/** A website that is gone when the test ends. */
export async function startWebsite(t: TestContext, host = '127.0.0.1'): Promise<Website> {
  const website = await openWebsite(host);
  t.after(() => website.close());
  return website;
}

export async function openWebsite(host: string): Promise<Website> {
  const pages: string[] = [];
  const server = createServer((request, response) => {
    const html = pages[Number(request.url?.slice(1))];
    response
      .writeHead(html === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' })
      .end(html ?? 'no page');
  });
  server.listen(0, host);
  await once(server, 'listening');
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    publish(html) {
      pages.push(html);
      return `${url}/${pages.length - 1}`;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export type EmbeddedPlayer = {
  readonly serverUrl: string;
  readonly channel: string;
  readonly key: string;
  /** More attributes, as they stand in the tag. */
  readonly attributes?: string;
};

/** A page as an owner writes it: two lines a player. Muted, so that it plays without a click. */
export function embeddingPage(players: readonly EmbeddedPlayer[]): string {
  const tags = players.map(
    ({ serverUrl, channel, key, attributes = '' }) =>
      `<swarm-player src="${serverUrl}/live/${channel}" key="${key}" controls autoplay muted ${attributes}></swarm-player>`,
  );
  const [first] = players;
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page with a player</title>',
    '<link rel="icon" href="data:,">',
    `<script src="${first?.serverUrl}/player.js"></script>`,
    '<style>swarm-player { display: block; width: 320px; }</style>',
    `<body>${tags.join('\n')}</body></html>`,
  ].join('\n');
}

/** An IPv4 address of this machine that other machines could reach: not a secure context for a browser. */
export function lanAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
