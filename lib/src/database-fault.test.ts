import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import { isDatabaseFault } from './database-fault.ts';

const withFields = (fields: object): Error => Object.assign(new Error('it went wrong'), fields);

describe('isDatabaseFault', () => {
  it.each([
    ['a lost connection of pg', new Error('Connection terminated unexpectedly')],
    ['a refused socket', withFields({ code: 'ECONNREFUSED' })],
    ['a deadlock', withFields({ code: '40P01' })],
    ['an administrator who ended the session', withFields({ code: '57P01' })],
    ['a disk that is full', withFields({ code: '53100' })],
    ['a pool of Prisma without a free connection', withFields({ code: 'P2024' })],
    ['a conflict within an adapter error of Prisma', new DriverAdapterError({ kind: 'TransactionWriteConflict' })],
    [
      'a raw query of Prisma that met a server shutting down',
      withFields({
        code: 'P2010',
        meta: { driverAdapterError: { cause: { kind: 'postgres', originalCode: '57P01' } } },
      }),
    ],
    ['a fault as the cause of another error', new Error('outer', { cause: withFields({ code: 'ECONNRESET' }) })],
  ])('takes %s for a fault', (_, error) => {
    expect(isDatabaseFault(error)).toBe(true);
  });

  it.each([
    ['a unique violation', withFields({ code: '23505' })],
    ['a unique violation of Prisma', withFields({ code: 'P2002' })],
    ['an exception raised in SQL', withFields({ code: 'P0001' })],
    ['a programming error', new TypeError('undefined is not a function')],
    ['something that is no error', 'ECONNREFUSED'],
  ])('takes %s for what it is', (_, error) => {
    expect(isDatabaseFault(error)).toBe(false);
  });
});
