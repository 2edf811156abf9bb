import type { RouterIdentity } from './router-identity.ts';

/**
 * Makes what resolvers get as their context: once per request, and once per subscription.
 *
 * @param traceparent the trace context of what the operation causes; work within it finds it in its log context, too
 */
export type MakeContext<Context> = (
  identity: RouterIdentity,
  requestId: string,
  traceparent?: string,
) => Context | Promise<Context>;
