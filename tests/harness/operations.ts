/** The operations that users send, with the shapes that they get. One place, so that tests and demo say the same. */
import { randomUUID } from 'node:crypto';
import type { Graph, GraphAnswer, Watch } from './graph.ts';

export interface UserError {
  readonly __typename: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[] | null;
  readonly total?: number;
  readonly product?: string;
  readonly status?: string;
  readonly by?: string | null;
  readonly at?: string;
}

export interface OrderView {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly total: number;
  readonly cannotOrderCanceled: boolean;
  readonly cancellation: { readonly allowed: boolean; readonly until: string | null; readonly reason: string | null };
  readonly payment: {
    readonly status: string;
    readonly amount: number;
    readonly refunded: number;
    readonly failureReason: string | null;
  };
  readonly lines: readonly {
    readonly product: string;
    readonly qty: number;
    readonly unitPrice: number;
    readonly total: number;
  }[];
}

export interface DeliveryView {
  readonly orderId: string;
  readonly status: string;
  readonly version: number;
  readonly queueNumber: number | null;
  readonly pickupCode: string | null;
  readonly availableActions: readonly string[];
}

export interface StatusEvent {
  readonly orderStatusChanged: {
    readonly orderId: string;
    readonly version: number;
    readonly status: string;
    readonly message: string;
    readonly order: {
      readonly payment: { readonly status: string };
      readonly delivery: {
        readonly status: string;
        readonly queueNumber: number | null;
        readonly pickupCode: string | null;
      } | null;
      readonly sale: { readonly amount: number } | null;
    };
  };
}

const ORDER_FIELDS = `id status version total cannotOrderCanceled
      cancellation { allowed until reason }
      payment { status amount refunded failureReason }
      lines { product qty unitPrice total }`;
const ERROR_FIELDS = `__typename code message path`;
const DELIVERY_FIELDS = `orderId status version queueNumber pickupCode availableActions`;

export const PLACE_ORDER = `mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    order { ${ORDER_FIELDS} }
    userErrors { ${ERROR_FIELDS} ... on PriceChangedError { total } ... on ItemUnavailableError { product } }
  }
}`;
export const REQUEST_CANCEL = `mutation RequestOrderCancel($input: RequestOrderCancelInput!) {
  requestOrderCancel(input: $input) {
    order { ${ORDER_FIELDS} }
    userErrors { ${ERROR_FIELDS} ... on CancelRefusedError { status } }
  }
}`;
export const ORDER = `query Order($id: ID!) { order(id: $id) { ${ORDER_FIELDS} } }`;
export const ORDER_STATUS = `query OrderStatus($id: ID!) { orderStatus(orderId: $id) { orderId status version updatedAt } }`;
export const ORDER_STATUS_CHANGED = `subscription OrderStatusChanged($id: ID!) {
  orderStatusChanged(orderId: $id) {
    orderId version status message
    order { payment { status } delivery { status queueNumber pickupCode } sale { amount } }
  }
}`;

export type StaffCommand = 'acceptOrder' | 'rejectOrder' | 'markReady' | 'handOver' | 'cancelByCafe';

/** The mutation of a staff command; each takes its input as `$input`. */
export function staffMutation(command: StaffCommand): string {
  const input = `${command[0]?.toUpperCase()}${command.slice(1)}Input`;
  return `mutation ${input.replace(/Input$/, '')}($input: ${input}!) {
  ${command}(input: $input) {
    delivery { ${DELIVERY_FIELDS} }
    userErrors { ${ERROR_FIELDS} ... on DeliveryStateError { status by at } }
  }
}`;
}

export interface PlaceOrderInput {
  readonly idempotencyKey?: string;
  readonly cafeId?: string;
  readonly lines?: readonly { readonly product: string; readonly qty: number }[];
  readonly expectedTotal?: number;
  readonly phone?: string;
}

export interface PlaceOrderPayload {
  readonly order: OrderView | null;
  readonly userErrors: readonly UserError[];
}

export interface DeliveryPayload {
  readonly delivery: DeliveryView | null;
  readonly userErrors: readonly UserError[];
}

/** What a customer does. Without input: one IceAmericano at café 92, as the seed's demonstration. */
export function customerOf(graph: Graph) {
  function sendOrder(input: PlaceOrderInput = {}): Promise<GraphAnswer<{ placeOrder: PlaceOrderPayload }>> {
    return graph.send(PLACE_ORDER, {
      input: { idempotencyKey: randomUUID(), lines: [{ product: 'IceAmericano', qty: 1 }], ...input },
    });
  }
  return {
    graph,
    sendOrder,
    async placeOrder(input: PlaceOrderInput = {}): Promise<PlaceOrderPayload> {
      const answer = await sendOrder(input);
      if (answer.data === null) throw new Error(`placeOrder failed: ${JSON.stringify(answer.errors)}`);
      return answer.data.placeOrder;
    },
    /** Places an order that must be paid. */
    async paidOrder(input: PlaceOrderInput = {}): Promise<OrderView> {
      const { order, userErrors } = await this.placeOrder(input);
      if (order?.status !== 'PLACED') throw new Error(`not paid: ${JSON.stringify({ order, userErrors })}`);
      return order;
    },
    async cancel(orderId: string, idempotencyKey: string = randomUUID()): Promise<PlaceOrderPayload> {
      const answer = await graph.data<{ requestOrderCancel: PlaceOrderPayload }>(REQUEST_CANCEL, {
        input: { idempotencyKey, orderId },
      });
      return answer.requestOrderCancel;
    },
    async order(id: string): Promise<OrderView | null> {
      return (await graph.data<{ order: OrderView | null }>(ORDER, { id })).order;
    },
    watch(id: string, onEvent?: (event: StatusEvent) => void): Watch<StatusEvent> {
      return graph.watch<StatusEvent>(ORDER_STATUS_CHANGED, { id }, onEvent);
    },
  };
}

/** What the staff of a café do. */
export function staffOf(graph: Graph) {
  return {
    graph,
    async act(command: StaffCommand, orderId: string, more: Record<string, unknown> = {}): Promise<DeliveryPayload> {
      const answer = await graph.data<Record<StaffCommand, DeliveryPayload>>(staffMutation(command), {
        input: { idempotencyKey: randomUUID(), orderId, ...more },
      });
      return answer[command];
    },
    async delivery(orderId: string): Promise<DeliveryView | null> {
      const query = `query Delivery($orderId: ID!) { delivery(orderId: $orderId) { ${DELIVERY_FIELDS} } }`;
      return (await graph.data<{ delivery: DeliveryView | null }>(query, { orderId })).delivery;
    },
  };
}
