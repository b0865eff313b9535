import type { Registry } from 'prom-client';
import type { Exchange, Router } from './router.ts';

/** `/metrics` and `/healthz`. */
export function addStatusRoutes(router: Router, metrics: Registry): void {
  router
    .get('/metrics', async (exchange) => sendText(exchange, metrics.contentType, await metrics.metrics()))
    .get('/healthz', (exchange) => sendText(exchange, 'text/plain; charset=utf-8', 'ok\n'));
}

function sendText({ response, isHead }: Exchange, contentType: string, text: string): void {
  response.writeHead(200, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(isHead ? undefined : text);
}
