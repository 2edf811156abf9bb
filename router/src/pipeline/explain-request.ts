import { Explanation } from '../execution/explanation.ts';
import type { OperationRequest } from './operation-request.ts';
import type { RequestContext } from '../request-context.ts';

/** Whether a client wants to know how its operation is executed. */
export function asksToExplain({ extensions }: OperationRequest): boolean {
  return extensions?.['explain'] === true;
}

/** @returns the context with an explanation to be filled in, where the client asks for one */
export function explainedContext(request: OperationRequest, context: RequestContext): RequestContext {
  return asksToExplain(request) ? { ...context, explanation: new Explanation() } : context;
}
