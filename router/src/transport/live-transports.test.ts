import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { settingsSchema } from '../config/settings.ts';
import { createResumeTokens, resumeKeyFrom } from '../live/resume-token.ts';
import { openRawSocket } from '../testing/raw-socket.ts';
import { openStream, readEvents, readParts } from '../testing/read-stream.ts';
import { startRouter, type AnyData, type TestRouter } from '../testing/router.ts';
import { alice, startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

const keys = await generateKeyPair('ES256', { extractable: true });
const query = 'subscription { userChanged(id: "1") { version user { badge { label } } } }';

function token(expiresInMs: number): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setSubject('alice')
    .setIssuer('issuer')
    .setAudience('audience')
    .setIssuedAt()
    .setExpirationTime(new Date(Date.now() + expiresInMs))
    .sign(keys.privateKey);
}

const resumeKey = 'a secret of thirty-two characters';

/** The same, as it would have been written too long ago. */
function old(token: string): string {
  const [, caller, operation, , position] = JSON.parse(
    Buffer.from(token.split('.')[0]!, 'base64url').toString(),
  ) as string[];
  const options = { key: resumeKeyFrom(resumeKey), maxAgeMs: 0, now: () => Date.now() - 2 * 86_400_000 };
  return createResumeTokens(options).write({ caller: caller!, operation: operation! }, position);
}

/** One subscription, whatever it comes over. */
interface Client {
  /** The next result; undefined when the stream has ended. */
  next(): Promise<AnyData>;
  /** What was said at the end. */
  end(): unknown;
  close(): void;
}

interface Request {
  readonly query?: string;
  readonly authorization?: string | undefined;
  readonly resume?: unknown;
}

type Subscribe = (request?: Request) => Promise<Client>;

let directory: string;
let subgraphs: TestSubgraphs;
let router: TestRouter;
let withdrawn: boolean;
let revoked: (() => void) | undefined;
/** A test had the router stop. */
let stopped: Promise<void> | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'router-'));
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256' }] };
  await writeFile(join(directory, 'jwks.json'), JSON.stringify(jwks));
});
afterAll(() => rm(directory, { recursive: true }));

beforeEach(async () => {
  withdrawn = false;
  stopped = undefined;
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, {
    settings: settingsSchema.parse({
      subscriptions: { maxPerCaller: 3, resumeKey },
      cors: { origins: ['https://app.test'] },
    }),
    identityOptions: {
      tokens: { jwks: join(directory, 'jwks.json'), issuer: 'issuer', audience: 'audience' },
      revocations: {
        refuse: () => withdrawn,
        onChange(listener) {
          revoked = listener;
          return () => undefined;
        },
      },
    },
  });
});
afterEach(async () => {
  await (stopped ?? router.stop());
  await subgraphs.stop();
});

const headersOf = (authorization: string | undefined): Record<string, string> =>
  authorization === undefined ? {} : { authorization };

const overSocket: Subscribe = async ({ query: text = query, authorization, resume } = {}) => {
  const socket = await openRawSocket(router.url, { headers: headersOf(authorization) });
  socket.subscribe('1', text, { resume });
  let last: unknown;
  return {
    async next() {
      const message = (await socket.next()) as AnyData;
      if (message === undefined) last = (await socket.closed).code;
      return message?.type === 'error' ? { errors: message.payload } : message?.payload;
    },
    end: () => last,
    close: () => socket.socket.close(),
  };
};

const overEvents: Subscribe = async ({ query: text = query, authorization, resume } = {}) => {
  const headers: Record<string, string> = { accept: 'text/event-stream', ...headersOf(authorization) };
  const search = new URLSearchParams({ query: text });
  if (typeof resume === 'string') headers['last-event-id'] = resume;
  else if (resume !== undefined) search.set('extensions', JSON.stringify({ resume }));
  const stream = await openStream(`${router.url}?${search.toString()}`, readEvents, { method: 'GET', headers });
  let last: unknown;
  return {
    async next() {
      for (;;) {
        const event = await stream.next();
        if (typeof event === 'string') return undefined;
        if (event.event === 'next') return event.data;
        last = event.comment ?? event.event ?? last;
      }
    },
    end: () => last,
    close: stream.close,
  };
};

const overParts: Subscribe = async ({ query: text = query, authorization, resume } = {}) => {
  const accept = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json';
  const headers = { accept, ...headersOf(authorization) };
  const body = { query: text, extensions: { resume } };
  const stream = await openStream(router.url, readParts, { headers, body });
  let last: unknown;
  return {
    async next() {
      for (;;) {
        const part = (await stream.next()) as AnyData;
        if (typeof part === 'string') return undefined;
        if (part.payload === null) {
          last = part.errors[0].extensions.code;
          if (last !== 'UNAUTHENTICATED' && last !== 'FORBIDDEN') return { errors: part.errors };
        } else if (part.payload !== undefined) return part.payload;
      }
    },
    end: () => last,
    close: stream.close,
  };
};

describe.each([
  ['a socket', overSocket, { expired: 4403, withdrawn: 4403 }],
  ['server-sent events', overEvents, { expired: 'expired', withdrawn: 'withdrawn' }],
  ['multipart', overParts, { expired: 'UNAUTHENTICATED', withdrawn: 'FORBIDDEN' }],
] as const)('a subscription over %s', (_name, subscribe, ends) => {
  const snapshot = { userChanged: { version: 0, user: { badge: { label: 'badge of 1' } } } };

  it('has its events filled in, each with a token that brings it back', async () => {
    const client = await subscribe();
    const first = await client.next();
    expect(first).toEqual({ data: snapshot, extensions: { resume: expect.any(String) } });
    subgraphs.changes.publish({ version: 1, user: alice, friends: [] });
    const second = await client.next();
    expect(second.data.userChanged.version).toBe(1);
    client.close();
    await subgraphs.changes.listening(0);
    const again = await subscribe({ resume: second.extensions.resume });
    // This subgraph says no positions: it begins anew, and that is told.
    expect(await again.next()).toMatchObject({ data: snapshot, extensions: { resumed: 'snapshot' } });
    again.close();
    await subgraphs.changes.listening(0);
  });

  it('is told why what it brought back is of no use', async () => {
    const client = await subscribe();
    const { resume } = (await client.next()).extensions as { resume: string };
    for (const [brought, resumedReason] of [
      [`${resume}x`, 'FORGED'],
      [42, 'FORGED'],
      [{ token: resume }, 'FORGED'],
      [old(resume), 'TOO_OLD'],
    ] as const) {
      const again = await subscribe({ resume: brought });
      expect(await again.next()).toMatchObject({ data: snapshot, extensions: { resumed: 'expired', resumedReason } });
      again.close();
    }
    client.close();
    await subgraphs.changes.listening(0);
  });

  it('ends when its token does', async () => {
    const client = await subscribe({ authorization: `Bearer ${await token(3_000)}` });
    await client.next();
    expect(await client.next()).toBeUndefined();
    expect(client.end()).toBe(ends.expired);
    await subgraphs.changes.listening(0);
  });

  it('ends when its access is withdrawn', async () => {
    const client = await subscribe({ authorization: `Bearer ${await token(60_000)}` });
    await client.next();
    withdrawn = true;
    revoked!();
    expect(await client.next()).toBeUndefined();
    expect(client.end()).toBe(ends.withdrawn);
    await subgraphs.changes.listening(0);
  });

  it('is refused with the errors of the operation', async () => {
    for (const [text, code] of [
      ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription {', 'GRAPHQL_PARSE_FAILED'],
      ['subscription ($id: ID!) { userChanged(id: $id) { version } }', 'BAD_USER_INPUT'],
    ] as const) {
      const client = await subscribe({ query: text });
      expect(await client.next()).toMatchObject({ errors: [{ extensions: { code } }] });
      client.close();
    }
  });

  it('is one of so many that a caller may have', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => subscribe()));
    for (const client of clients) await client.next();
    const refused = await subscribe();
    expect(await refused.next()).toMatchObject({ errors: [{ extensions: { code: 'SUBSCRIPTION_LIMIT_EXCEEDED' } }] });
    for (const client of [...clients, refused]) client.close();
  });
});

describe('subscriptions over HTTP', () => {
  it('are answered with an error where no stream is wanted, which names the ways that there are', async () => {
    const { status, body } = await router.post(query);
    expect(status).toBe(400);
    for (const way of ['graphql-transport-ws', 'text/event-stream', 'multipart/mixed;subscriptionSpec=1.0']) {
      expect(body.errors?.[0]?.message).toContain(way);
    }
  });

  it('come with the headers of CORS, and are refused with 401 when the token does not hold', async () => {
    const headers = { accept: 'text/event-stream', origin: 'https://app.test', authorization: 'Bearer nonsense' };
    const response = await fetch(`${router.url}?query=${encodeURIComponent(query)}`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('leave mutations to POST', async () => {
    const mutation = encodeURIComponent('mutation { append(text: "x") }');
    const ask = async (init: object, search = '') =>
      (
        await fetch(router.url + search, {
          ...init,
          headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
        })
      ).text();
    // The second time it is a known operation.
    for (let times = 0; times < 2; times += 1) {
      expect(await ask({}, `?query=${mutation}`)).toContain('A mutation has to be sent by POST.');
      const answer = await ask({ method: 'POST', body: JSON.stringify({ query: 'mutation { append(text: "x") }' }) });
      expect(answer).toContain(`"append":[${Array.from({ length: times + 1 }, () => '"x"').join(',')}]`);
    }
  });

  it('end when the router stops, and it stops at once', async () => {
    const clients = await Promise.all([overEvents(), overParts(), overSocket()]);
    for (const client of clients) await client.next();
    stopped = router.stop();
    for (const client of clients) await client.next();
    expect(clients.map((client) => client.end())).toEqual(['restart', 'SUBSCRIPTION_RESTART', 1012]);
    await stopped;
    await subgraphs.changes.listening(0);
  });
});
