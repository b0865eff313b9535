import type { IncomingMessage, ServerResponse } from 'node:http';
import { AssertionError } from '../../shared/basics/assert.ts';
import { errorText } from '../../shared/basics/errors.ts';
import type { Logger } from '../../shared/basics/log.ts';
import { HttpError, sendError } from './http-error.ts';

/** One request and what the route's pattern found in its path. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** HEAD: answer with the headers of GET and no body. */
  readonly isHead: boolean;
};

export type Handler = (exchange: Exchange) => void | Promise<void>;

/** Answers with a page that says what went wrong. */
export type ErrorPage = (response: ServerResponse, error: HttpError) => void;

type Route = { readonly pattern: RegExp; readonly handler: Handler };

const TARGET_CHARACTERS_MAX = 2048;

/**
 * Paths to handlers, for GET and HEAD; OPTIONS is answered for cross-origin readers. A dozen fixed paths need no
 * framework. A `:name` in a pattern takes one id (letters, digits, `_`, `-`), `*` takes a file name with folders;
 * percent signs and `..` match nothing, so no handler ever sees them.
 */
export class Router {
  private readonly routes: Route[] = [];
  private readonly logger: Logger;
  private errorPage: ErrorPage | undefined;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  get(path: string, handler: Handler): this {
    this.routes.push({ pattern: compile(path), handler });
    return this;
  }

  /** For people who typed an address: programs are told errors as JSON. */
  tellPeople(errorPage: ErrorPage): this {
    this.errorPage = errorPage;
    return this;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.dispatch(request, response).catch((thrown: unknown) => {
      if (thrown instanceof HttpError) return this.tell(request, response, thrown);
      if (thrown instanceof AssertionError) throw thrown;
      this.logger.error(
        { path: request.url, error: errorText(thrown), stack: (thrown as Error)?.stack },
        'request failed',
      );
      const error = new HttpError(500, 'internal', 'something went wrong in the server; its log says what');
      this.tell(request, response, error);
    });
  };

  private tell(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
    if (this.errorPage !== undefined && isNavigation(request) && !response.headersSent) this.errorPage(response, error);
    else sendError(response, error);
  }

  private async dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A viewer that goes away in mid-answer is no event.
    response.on('error', () => {});
    const target = request.url ?? '/';
    if (target.length > TARGET_CHARACTERS_MAX) throw new HttpError(414, 'address-too-long', 'the address is too long');
    const queryAt = target.indexOf('?');
    const path = queryAt < 0 ? target : target.slice(0, queryAt);
    for (const route of this.routes) {
      const match = route.pattern.exec(path);
      if (match === null) continue;
      if (request.method === 'OPTIONS') return answerPreflight(response);
      const isHead = request.method === 'HEAD';
      if (!isHead && request.method !== 'GET') throw new HttpError(405, 'method', 'only GET and HEAD work here', ALLOW);
      const query = new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1));
      return await route.handler({ request, response, params: { ...match.groups }, query, isHead });
    }
    throw new HttpError(404, 'not-found', 'nothing is at this address');
  }
}

const ALLOW = { Allow: 'GET, HEAD, OPTIONS' };

/** Browsers ask so for what they are to show; scripts, players and curl take anything. */
function isNavigation({ headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.includes('text/html') && !accept.includes('application/json');
}

function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    ...ALLOW,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': 'Range, If-None-Match, Cache-Control',
    'Access-Control-Max-Age': '86400',
  });
  response.end();
}

function compile(path: string): RegExp {
  const source = path
    .replace(/[.\\+?^$()[\]{}|]/g, '\\$&')
    .replace(/:([a-zA-Z]+)/g, '(?<$1>[A-Za-z0-9_-]{1,64})')
    .replace('*', '(?<file>(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}/){0,4}[A-Za-z0-9_-][A-Za-z0-9._-]{0,127})');
  return new RegExp(`^${source}$`);
}
