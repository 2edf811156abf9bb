import { answerIn, isOfUse, parseAnswer } from './subgraph-answer.ts';

describe("reading a subgraph's answer", () => {
  it('gives data and errors', () => {
    const error = { message: 'm', path: ['a', 0], extensions: { code: 'C' } };
    expect(parseAnswer(JSON.stringify({ data: { a: 1 }, errors: [error], extensions: {} }))).toEqual({
      data: { a: 1 },
      errors: [error],
    });
    expect(parseAnswer('{"data":null}')).toEqual({ data: null });
    expect(parseAnswer('{"data":{},"errors":null}')).toEqual({ data: {} });
  });

  it.each([
    '',
    'null',
    '3',
    '[]',
    '"text"',
    '{}',
    '{"data":[]}',
    '{"data":"text"}',
    '{"data":1}',
    '{"data":{"a":1}',
    '\uFEFF{"data":{}}',
    '<html>',
    '{"errors":"bad"}',
    '{"errors":{}}',
    '{"data":{},"errors":"bad"}',
    '{"data":{},"errors":["bad"]}',
    '{"data":{},"errors":[null]}',
    '{"data":{},"errors":[{"message":1}]}',
  ])('gives nothing for what is no GraphQL response: %s', (text) => {
    expect(parseAnswer(text)).toBeUndefined();
  });

  it('leaves out what of an error has a wrong type', () => {
    const errors = [
      { message: 'm', path: 'a.b', extensions: [], locations: [] },
      { message: 'n', path: [{}] },
    ];
    expect(parseAnswer(JSON.stringify({ errors }))).toEqual({ errors: [{ message: 'm' }, { message: 'n' }] });
  });

  it('reads 1,000 errors, and leaves out what follows them, whatever it is', () => {
    const errors = Array.from({ length: 1_000 }, (_none, index) => ({ message: `${index}` }));
    expect(answerIn({ errors: [...errors, { message: 'one more' }, 'odd'] })).toEqual({ errors });
  });

  it('lets no key reach a prototype', () => {
    const answer = parseAnswer('{"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}');
    expect(Object.getPrototypeOf(answer!.data)).toBe(Object.prototype);
    expect(({} as { polluted?: 1 }).polluted).toBeUndefined();
  });

  it('stands any depth', () => {
    const depth = 100_000;
    expect(parseAnswer(`{"data":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`)).toBeDefined();
  });
});

describe('an HTTP answer', () => {
  it.each([
    [200, '{"data":{}}', true],
    [200, ' \n{"data":{}}', true],
    [200, '<html>', false],
    [200, '', false],
    [204, '', false],
    [301, '', false],
    [500, '{"data":{"a":null},"errors":[{"message":"m"}]}', true],
    [500, '{"errors":[{"message":"m"}]}', false],
    [400, '{"errors":[{"message":"m","extensions":{"code":"BAD_USER_INPUT"}}]}', true],
    [400, '{"errors":[{"message":"m"}]}', false],
    [401, '{"errors":[{"message":"m","extensions":{"code":"BAD_USER_INPUT"}}]}', false],
  ])('is of use or not: %d %s', (status, text, expected) => {
    expect(isOfUse(status, text)).toBe(expected);
  });
});
