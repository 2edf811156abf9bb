import { headerSettings, prepareHeaderRules, type HeaderSettings } from './subgraph-headers.ts';

const rulesOf = (settings: Partial<HeaderSettings>): HeaderSettings => headerSettings.parse(settings);

function sent(all: Partial<HeaderSettings>, client: Record<string, string>, own: Partial<HeaderSettings> = {}) {
  const { fixed, fromClient } = prepareHeaderRules(rulesOf(all), rulesOf(own));
  const pairs = [...fixed, ...(fromClient?.(client) ?? [])];
  return Object.fromEntries(pairs.flatMap((name, at) => (at % 2 === 0 ? [[name, pairs[at + 1]]] : [])));
}

describe('header rules', () => {
  it('pass nothing on by themselves, and cost nothing then', () => {
    expect(prepareHeaderRules(rulesOf({}))).toEqual({ fixed: [], fromClient: undefined });
  });

  it('pass on what is named or found by an expression', () => {
    const client = { 'accept-language': 'ko', 'x-app-version': '3', 'x-other': 'o' };
    expect(sent({ propagate: ['Accept-Language', '/^x-app-/'] }, client)).toEqual({
      'accept-language': 'ko',
      'x-app-version': '3',
    });
  });

  it('pass on under another name', () => {
    expect(
      sent({ rename: { 'X-Lang': 'accept-language', host: 'x-forwarded-host' } }, { 'x-lang': 'ko', host: 'a.b' }),
    ).toEqual({
      'accept-language': 'ko',
      'x-forwarded-host': 'a.b',
    });
  });

  it('never find by an expression what says who the client is, nor what belongs to the connection', () => {
    const client = {
      authorization: 'Bearer t',
      cookie: 'c',
      host: 'a.b',
      connection: 'keep-alive',
      'content-length': '3',
      'transfer-encoding': 'chunked',
      'x-router-identity': 'forged',
      'x-request-id': '1',
      'sec-websocket-key': 'k',
      'x-a': 'a',
    };
    expect(sent({ propagate: ['/./'] }, client)).toEqual({ 'x-a': 'a' });
    expect(sent({ propagate: ['authorization'] }, client)).toEqual({ authorization: 'Bearer t' });
  });

  it('set fixed values in place of what a client sends', () => {
    expect(sent({ propagate: ['x-from', '/^x-/'], insert: { 'X-From': 'router' } }, { 'x-from': 'client' })).toEqual({
      'x-from': 'router',
    });
  });

  it('let one subgraph add its own, which count more, and leave out others', () => {
    expect(
      sent(
        { propagate: ['x-a', 'x-b'], insert: { 'x-c': 'all', 'x-d': 'all' } },
        { 'x-a': 'a', 'x-b': 'b', 'x-e': 'e' },
        { propagate: ['x-e'], insert: { 'x-c': 'own' }, remove: ['x-b', '/d$/'] },
      ),
    ).toEqual({ 'x-a': 'a', 'x-c': 'own', 'x-e': 'e' });
  });

  it('send a header once, whichever rules pick it', () => {
    const { fromClient } = prepareHeaderRules(rulesOf({ propagate: ['x-a', '/x-a/'], rename: { 'x-b': 'x-a' } }));
    expect(fromClient!({ 'x-a': 'a', 'x-b': 'b' })).toEqual(['x-a', 'b']);
  });

  it.each([
    [{ propagate: ['host'] }],
    [{ propagate: ['x-router-identity'] }],
    [{ propagate: ['/(/'] }],
    [{ propagate: ['x y'] }],
    [{ rename: { 'x-a': 'x-router-identity' } }],
    [{ insert: { 'Content-Length': '0' } }],
    [{ insert: { 'x-a': 'a\r\nx-router-identity: forged' } }],
  ])('are refused when they could break a request or forge who asks: %j', (settings) => {
    expect(headerSettings.safeParse(settings).success).toBe(false);
  });
});
