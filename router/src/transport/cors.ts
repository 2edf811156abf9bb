import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import { z } from 'zod';

/** Which pages of other sites may use this graph. */
export const corsSettings = z
  .strictObject({
    origins: z
      .array(
        z
          .string()
          .regex(
            /^(\*|https?:\/\/[^/\s]+)$/,
            'not an origin such as https://app.example.com, https://*.example.com or *',
          ),
      )
      .default([])
      .describe(
        'Sites whose pages may send requests and open sockets, such as https://app.example.com, https://*.example.com, or * for all. Without any, only pages of the same host may.',
      ),
    credentials: z
      .boolean()
      .default(false)
      .describe('Whether these pages may send cookies and the like; not together with the origin *.'),
    allowedHeaders: z
      .array(z.string().min(1))
      .optional()
      .describe('Headers that these pages may send; without it all that they ask for.'),
    exposedHeaders: z
      .array(z.string().min(1))
      .default(['x-request-id', 'retry-after'])
      .describe('Headers of answers that these pages may read.'),
    maxAgeMs: z
      .int()
      .min(0)
      .default(3_600_000)
      .describe('How long a browser may remember what it was allowed, before it asks again.'),
  })
  .superRefine(function namesSites({ origins, credentials }, context) {
    if (!credentials || !origins.includes('*')) return;
    const message = 'can not be allowed for the origin "*"; name the sites';
    context.addIssue({ code: 'custom', path: ['credentials'], message });
  });

export type CorsSettings = z.output<typeof corsSettings>;

/** What pages of other sites may do, the same for HTTP and for sockets. */
export interface Cors {
  /** Sets the headers that browsers want to see. @returns true when the request was a browser's question, and is answered */
  answered(request: IncomingMessage, response: ServerResponse): boolean;
  /** Browsers ask nobody before they open a socket: the server has to look where it comes from. */
  mayOpenSocket(request: IncomingMessage): boolean;
}

export function createCors(settings: CorsSettings): Cors {
  const { origins, credentials, allowedHeaders, exposedHeaders, maxAgeMs } = settings;
  const all = origins.includes('*');
  const allowed = origins.map((origin) => (origin.includes('*') ? patternOf(origin) : origin));
  const middleware = cors({
    origin: all ? '*' : allowed,
    credentials,
    methods: ['GET', 'POST'],
    exposedHeaders,
    maxAge: Math.floor(maxAgeMs / 1_000),
    ...(allowedHeaders && { allowedHeaders }),
  });

  return {
    answered(request, response) {
      if (origins.length === 0) return false;
      let answered = true;
      middleware(request, response, () => (answered = false));
      return answered;
    },
    mayOpenSocket({ headers: { origin, host } }) {
      // Only browsers say where they come from.
      if (origin === undefined || all) return true;
      if (URL.canParse(origin) && new URL(origin).host === host) return true;
      return allowed.some((one) => (typeof one === 'string' ? one === origin : one.test(origin)));
    },
  };
}

/** `https://*.example.com` stands for all hosts below `example.com`. */
function patternOf(origin: string): RegExp {
  const parts = origin.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[a-z0-9.-]+')}$`, 'i');
}
