import {
  parseTransferId,
  settle,
  transferId,
  whyNotResendable,
  type Transfer,
  type TransferStatus,
} from './transfer.ts';

const transfer = (status: TransferStatus, revision = 3): Transfer => ({
  cafeId: '92',
  businessDate: '20200514',
  revision,
  salesSum: 6000,
  salesQty: 3,
  orderCount: 1,
  status,
  attempts: 1,
  lastError: null,
  updatedAt: new Date(0),
});

describe('a transfer to headquarters', () => {
  it('is acknowledged by a yes, rejected by a no, and stays pending without an answer', () => {
    expect(settle({ kind: 'accepted' })).toEqual({ status: 'ACKNOWLEDGED' });
    expect(settle({ kind: 'refused', reason: 'no' })).toEqual({ status: 'REJECTED', lastError: 'no' });
    expect(settle({ kind: 'unsettled', error: 'silence' })).toEqual({ status: 'PENDING', lastError: 'silence' });
  });

  it.each<[TransferStatus, boolean]>([
    ['REJECTED', true],
    ['ACKNOWLEDGED', true],
    ['PENDING', false],
    ['SUPERSEDED', false],
  ])('that is %s and the newest of its day can be sent again: %s', (status, can) => {
    expect(whyNotResendable(transfer(status), 3) === undefined).toBe(can);
  });

  it('can not be sent again once a newer revision is there', () => {
    expect(whyNotResendable(transfer('REJECTED', 3), 4)).toMatch(/Revision 4/);
  });

  it('has an id that leads back to it, even for a café with a colon in its name', () => {
    for (const cafeId of ['92', 'seoul:92']) {
      expect(parseTransferId(transferId({ ...transfer('PENDING'), cafeId }))).toEqual({
        cafeId,
        businessDate: '20200514',
        revision: 3,
      });
    }
  });

  it.each([
    '',
    '92',
    '92:20200514',
    '92:20200514:0',
    '92:20200514:-1',
    '92:2020:1',
    ':20200514:1',
    '92:20200514:99999999999',
    '9\0:20200514:1',
  ])('is not named by %j', (id) => {
    expect(parseTransferId(id)).toBeUndefined();
  });
});
