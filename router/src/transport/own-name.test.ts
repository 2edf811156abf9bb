import type { IncomingMessage } from 'node:http';
import { createToOwnName } from './own-name.ts';

const toOwnName = createToOwnName(['Cafe.Example']);
const sentTo = (host: string | undefined) => toOwnName({ headers: { host } } as IncomingMessage);

describe('the name that a request was sent to', () => {
  it.each(['127.0.0.1', '127.0.0.1:4000', '[::1]:4000', '192.168.0.7', 'localhost', 'LOCALHOST:4000', 'a.localhost'])(
    'is its own, as nobody can have it lead elsewhere: %s',
    (host) => expect(sentTo(host)).toBe(true),
  );

  it('is its own where the settings have it, or where no browser sent it', () => {
    expect([sentTo('cafe.example'), sentTo('CAFE.example.:80'), sentTo(undefined)]).toEqual([true, true, true]);
  });

  it.each([
    'rebound.example:4000',
    'localhost.example',
    'not-localhost',
    '127.0.0.1.example',
    'www.cafe.example',
    '',
    ' ',
    '@',
  ])('is somebody else’s otherwise: “%s”', (host) => expect(sentTo(host)).toBe(false));
});
