import { OperationTypeNode } from 'graphql';
import { badRequest } from '../errors.ts';
import type { OperationRule } from '../limits/request-checks.ts';

/** Whatever comes by a way that anybody can make a browser take may change nothing. */
export const readOnlyRule: OperationRule = {
  prepare({ operation }) {
    if (operation.operation !== OperationTypeNode.MUTATION) return undefined;
    return ({ context }) => (context.readOnly === true ? badRequest('A mutation has to be sent by POST.') : undefined);
  },
};
