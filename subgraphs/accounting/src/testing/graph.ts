import { asRouter } from '@cafe-for-me/lib/testing/as-router';
import { routerKey } from './accounting.ts';

export const accountant = { sub: 'carol', role: 'accountant', cafes: ['92'] };
export const accountantElsewhere = { sub: 'dave', role: 'accountant', cafes: ['93'] };
export const staff = { sub: 'bob', role: 'staff', cafes: ['92'] };
export const staffElsewhere = { sub: 'bill', role: 'staff', cafes: ['93'] };
export const customer = { sub: 'alice', role: 'customer' };
export const otherCustomer = { sub: 'mallory', role: 'customer' };

export const { ask, connectLive, watch } = asRouter(routerKey);
