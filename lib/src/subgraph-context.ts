import type { RouterIdentity } from './router-identity.ts';

/** Makes what resolvers get as their context: once per request, and once per subscription. */
export type MakeContext<Context> = (
  identity: RouterIdentity,
  requestId: string,
  traceparent?: string,
) => Context | Promise<Context>;
