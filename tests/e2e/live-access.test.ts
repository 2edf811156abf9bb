import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { followLive } from '../harness/follow-live.ts';
import { changeIn, LIVE, versionsOf, type LiveEvent } from '../harness/live-operations.ts';
import { openLive, TRANSPORTS, type LiveConnection, type Transport } from '../harness/live-transports.ts';

let cafe: Cafe;
let dir: string;
const revoked: Record<string, string> = {};

/** From now on no token of `sub` that was issued before `instant` is good. */
async function revoke(sub: string, instant: Date): Promise<void> {
  revoked[sub] = instant.toISOString();
  await writeFile(join(dir, 'revocations.json.new'), JSON.stringify(revoked));
  await rename(join(dir, 'revocations.json.new'), join(dir, 'revocations.json'));
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cafe-revocations-'));
  await writeFile(join(dir, 'revocations.json'), '{}');
  const config = join(dir, 'router.yaml');
  await writeFile(config, `identity:\n  jwt:\n    revocations: ${JSON.stringify(join(dir, 'revocations.json'))}\n`);
  cafe = await openCafe({ env: { router: { CONFIG: config } } });
}, 90_000);
afterAll(async () => {
  await cafe.close();
  await rm(dir, { recursive: true });
});

const secondsIn = (token: string, claim: 'iat' | 'exp'): number =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, number>)[claim] ?? 0;

/** How a connection ends whose caller may no longer be told anything, and how it is refused then. */
const ENDS: Record<Transport, { ended: string; codes: readonly string[]; refused: string }> = {
  'graphql-ws': { ended: 'closed 4403', codes: [], refused: 'closed 4403' },
  SSE: { ended: 'cut off', codes: [], refused: 'refused 401' },
  multipart: { ended: 'failed', codes: ['UNAUTHENTICATED', 'FORBIDDEN'], refused: 'refused 401' },
};
const codesOf = ({ errors }: LiveConnection<LiveEvent>) => errors.map(({ extensions }) => extensions?.code);

describe.each(TRANSPORTS)('access over %s', (transport: Transport) => {
  const { ended, codes, refused } = ENDS[transport];
  const follow = (token: string, id: string, resume?: string): LiveConnection<LiveEvent> =>
    openLive(transport, {
      url: cafe.system.urls.graph,
      token,
      query: LIVE.orderStatusChanged,
      variables: { id },
      resume,
    });

  it('ends with the time of the token; a fresh one goes on where it was', async () => {
    const sub = `carol over ${transport}`;
    const customer = await cafe.customer(sub);
    const { id } = await customer.paidOrder();
    const short = await cafe.system.token({ role: 'customer', sub }, 3 / 3600);
    const live = follow(short, id);
    await live.until(() => true);
    expect([await live.ended, codesOf(live)]).toEqual([ended, codes.slice(0, 1)]);
    expect(Date.now()).toBeGreaterThanOrEqual(secondsIn(short, 'exp') * 1000);

    await customer.cancel(id);
    await eventually(
      () => customer.order(id),
      (order) => order?.payment.status === 'REFUNDED',
    );
    const late = follow(short, id, live.tokens.at(-1));
    expect(await late.ended).toBe(refused);
    expect(late.events).toEqual([]);

    const fresh = follow(await cafe.system.token({ role: 'customer', sub }), id, live.tokens.at(-1));
    const { version } = (await customer.order(id)) ?? { version: 0 };
    await fresh.until((event) => changeIn(event).version === version);
    expect(fresh.resumed).toEqual(['exact']);
    const versions = versionsOf([...live.events, ...fresh.events], id);
    expect(versions).toEqual(Array.from({ length: version - 1 }, (_, index) => 2 + index));
    fresh.drop();
  });

  it('ends at once when it is withdrawn, although nothing happens', async () => {
    const sub = `dora over ${transport}`;
    const customer = await cafe.customer(sub);
    const { id } = await customer.paidOrder();
    const other = await cafe.customer(`erin over ${transport}`);
    const untouched = other.watch((await other.paidOrder()).id);
    await untouched.until(() => true);
    const token = await cafe.system.token({ role: 'customer', sub });
    const live = follow(token, id);
    await live.until(() => true);
    await revoke(sub, new Date((secondsIn(token, 'iat') + 1) * 1000));
    expect([await live.ended, codesOf(live)]).toEqual([ended, codes.slice(1)]);

    const late = follow(token, id, live.tokens.at(-1));
    expect(await late.ended).toBe(refused);
    expect(late.events).toEqual([]);
    const query = 'query($id: ID!) { order(id: $id) { status } }';
    expect((await cafe.graphWith(token).send(query, { id })).status).toBe(401);

    const later = await eventually(
      () => cafe.system.token({ role: 'customer', sub }),
      (newer) => secondsIn(newer, 'iat') > secondsIn(token, 'iat'),
    );
    const fresh = follow(later, id, live.tokens.at(-1));
    await cafe
      .graphWith(later)
      .data('mutation($input: RequestOrderCancelInput!) { requestOrderCancel(input: $input) { order { id } } }', {
        input: { idempotencyKey: `cancel ${id}`, orderId: id },
      });
    await fresh.until((event) => changeIn(event).status === 'CANCELED');
    expect(fresh.resumed).toEqual(['exact']);
    expect(versionsOf(fresh.events, id)[0]).toBe(3);
    expect([untouched.errors, untouched.resumed]).toEqual([[], []]);
    untouched.stop();
    fresh.drop();
  });

  it('ends for a barista whose cafés became others, who is refused then', async () => {
    const sub = `barista over ${transport}`;
    const token = await cafe.system.token({ role: 'staff', sub, cafes: ['92'] });
    const board = { url: cafe.system.urls.graph, query: LIVE.deliveriesChanged, variables: { cafeId: '92' } };
    await (await cafe.customer(`frank over ${transport}`)).paidOrder();
    const live = openLive<LiveEvent>(transport, { ...board, token });
    await live.until(() => true);
    await revoke(sub, new Date((secondsIn(token, 'iat') + 1) * 1000));
    expect([await live.ended, codesOf(live)]).toEqual([ended, codes.slice(1)]);
    const moved = await eventually(
      () => cafe.system.token({ role: 'staff', sub, cafes: ['93'] }),
      (newer) => secondsIn(newer, 'iat') > secondsIn(token, 'iat'),
    );
    const after = openLive<LiveEvent>(transport, { ...board, token: moved, resume: live.tokens.at(-1) });
    expect(await after.ended).toMatch(/^(failed|complete)$/);
    expect(after.events).toEqual([]);
    expect(codesOf(after)).toEqual(['FORBIDDEN']);
  });

  it('goes on by itself where the client has a fresh token to give, and misses nothing', async () => {
    const sub = `gina over ${transport}`;
    const customer = await cafe.customer(sub);
    const { id } = await customer.paidOrder();
    let token = await cafe.system.token({ role: 'customer', sub }, 3 / 3600);
    const live = followLive<LiveEvent>(transport, {
      url: cafe.system.urls.graph,
      query: LIVE.orderStatusChanged,
      variables: { id },
      async token(wantsFresh) {
        if (wantsFresh) token = await cafe.system.token({ role: 'customer', sub });
        return token;
      },
    });
    await live.until(() => true);
    const first = token;
    await eventually(
      () => Promise.resolve(token),
      (now) => now !== first,
    );
    await customer.cancel(id);
    await live.until((event) => changeIn(event).status === 'CANCELED');
    const versions = versionsOf(live.events, id);
    expect(versions).toEqual(versions.map((_, index) => 2 + index));
    expect([live.resumed, live.errors]).toEqual([['exact'], []]);
    await live.stop();
  });
});
