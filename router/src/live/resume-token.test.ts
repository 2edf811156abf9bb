import { randomFrom } from '../testing/random-operation.ts';
import { createResumeTokens, resumeKeyFrom } from './resume-token.ts';

const secret = 'a secret of the deployment, 32 characters';
const scope = { caller: 'alice', operation: 'orders' };
let now = 1_700_000_000_000;
const tokensOf = (key: string | undefined) =>
  createResumeTokens({ key: resumeKeyFrom(key), maxAgeMs: 60_000, now: () => now });
const tokens = tokensOf(secret);

describe('a resume token', () => {
  it('says where its holder was, in every process that has the same secret', () => {
    const token = tokens.write(scope, 's1~5~more');
    expect(tokensOf(secret).read(token, scope)).toEqual({ refused: undefined, position: 's1~5~more' });
    expect(tokens.read(tokens.write(scope, undefined), scope)).toEqual({ refused: undefined, position: undefined });
  });

  it('can stand in a header and in JSON as it is', () => {
    expect(tokens.write(scope, 's1~5~"é')).toMatch(/^[\w.-]+$/);
  });

  it('is of use to nobody else, and for nothing else', () => {
    const token = tokens.write(scope, 's1~5');
    expect(tokens.read(token, { ...scope, caller: 'bob' })).toEqual({ refused: 'OTHER_CALLER' });
    expect(tokens.read(token, { ...scope, operation: 'others' })).toEqual({ refused: 'OTHER_OPERATION' });
  });

  it('is too old after its time', () => {
    const token = tokens.write(scope, 's1~5');
    now += 60_000;
    expect(tokens.read(token, scope).refused).toBeUndefined();
    now += 1;
    expect(tokens.read(token, scope)).toEqual({ refused: 'TOO_OLD' });
  });

  it('is forged when it was signed with another secret, or with one that nobody else has', () => {
    for (const other of [tokensOf(`${secret}!`), tokensOf(undefined), tokensOf(undefined)]) {
      expect(other.read(tokens.write(scope, 's1~5'), scope)).toEqual({ refused: 'FORGED' });
    }
  });

  it('is forged when anything of it was changed', () => {
    const token = tokens.write(scope, 's1~5');
    const random = randomFrom(7);
    const letters = 'abcXYZ019-_.=+/ é\0';
    for (let count = 0; count < 5_000; count++) {
      const at = random.below(token.length);
      const letter = letters[random.below(letters.length)]!;
      const changed = [
        `${token.slice(0, at)}${letter}${token.slice(at + random.below(2))}`,
        token.slice(0, at),
        token.slice(at),
      ][random.below(3)]!;
      // The last letter of base64 has bits that mean nothing.
      if (
        Buffer.from(changed.split('.')[1] ?? '', 'base64url').equals(Buffer.from(token.split('.')[1]!, 'base64url'))
      ) {
        if (changed.split('.')[0] === token.split('.')[0] && changed.split('.').length === 2) continue;
      }
      expect([changed, tokens.read(changed, scope).refused]).toEqual([changed, 'FORGED']);
    }
  });

  it.each(['', '.', 'null', '{}', 'W10.W10', `${'a'.repeat(100_000)}.b`])(
    'is forged when it is none: %.20s',
    (text) => {
      expect(tokens.read(text, scope)).toEqual({ refused: 'FORGED' });
    },
  );
});
