import { chooseLanguage } from '../text/language.ts';
import { refusalText } from './refusal-text.ts';

const SEOUL = 'Asia/Seoul';
const at = '2020-05-14T06:05:00.000Z';
const words = (code: string, by: string | null = 'barista-92') =>
  refusalText({ code, message: 'What the service says.', by, at }, SEOUL);

describe('a refusal on the board', () => {
  beforeEach(() => chooseLanguage('en'));

  it('says who was faster, and when, on the clock of the café', () => {
    expect(words('ALREADY_ACCEPTED')).toMatch(/^barista-92 accepted it at 3:05\sPM\.$/);
    expect(words('ALREADY_REJECTED', null)).toMatch(/^Somebody rejected it at 3:05\sPM\.$/);
    chooseLanguage('ko');
    expect(words('ALREADY_ACCEPTED')).toBe('barista-92 님이 오후 3:05에 이미 접수했어요.');
  });

  it.each([
    'ALREADY_ACCEPTED',
    'ALREADY_REJECTED',
    'ALREADY_READY',
    'ALREADY_PICKED_UP',
    'ALREADY_CANCELED',
    'ALREADY_CANCELED_BY_CAFE',
    'ALREADY_EXPIRED',
    'ALREADY_NOT_COLLECTED',
    'NOT_ACCEPTED_YET',
    'NOT_READY_YET',
    'ACCEPT_TIME_OVER',
    'WRONG_PICKUP_CODE',
    'ORDER_NOT_FOUND',
    'IDEMPOTENCY_KEY_REUSED',
  ])('has its own words for %s', (code) => {
    expect(words(code)).not.toContain('What the service says.');
    expect(words(code)).not.toContain(code);
  });

  it('hands on what the service says where it has no words of its own', () => {
    expect(words('INVALID_INPUT')).toBe("This can't be taken: What the service says.");
    expect(words('SOMETHING_NEW')).toBe('It was not done: What the service says.');
  });
});
