/** The café's staff, who try again whatever happens to the system until what they want is so. */
import { createGraph } from '../../harness/graph.ts';
import { eventually } from '../../harness/eventually.ts';
import { staffOf, type DeliveryView, type StaffCommand } from '../../harness/operations.ts';
import type { System } from '@cafe-for-me/deploy/system';

export interface Staff {
  /** Accepts each order at its time, or later. */
  acceptAll(orders: readonly { readonly orderId: string; readonly when: () => Promise<void> }[]): Promise<void>;
  /** Resolves when the delivery is so; sends the command as long as it isn't. */
  insist(command: StaffCommand, orderId: string, status: string): Promise<DeliveryView>;
}

/** Two parts may be down, one after the other, in ms. */
const INSIST_FOR = 240_000;

export async function staffOfCafe(system: System): Promise<Staff> {
  const token = await system.token({ role: 'staff', sub: 'barista', cafes: ['92'] });
  const staff = staffOf(createGraph(system.urls.graph, token));

  async function insist(command: StaffCommand, orderId: string, status: string): Promise<DeliveryView> {
    const delivery = await eventually(
      async function look() {
        const before = await staff.delivery(orderId);
        if (before === null || before.status === status) return before;
        const code = before.pickupCode === null ? {} : { pickupCode: before.pickupCode };
        const { delivery } = await staff.act(command, orderId, command === 'handOver' ? code : {});
        return delivery;
      },
      (found) => found?.status === status,
      INSIST_FOR,
    );
    return delivery!;
  }

  return {
    insist,
    async acceptAll(orders) {
      await Promise.all(
        orders.map(async function accept({ orderId, when }) {
          await when();
          await insist('acceptOrder', orderId, 'RECEIVED');
        }),
      );
    },
  };
}
