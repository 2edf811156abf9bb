/** Who asks: what the router's verified claims mean to the services. The rules of who may do what are theirs. */

export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'customer'; readonly id: string; readonly phone?: string }
  | { readonly kind: 'staff'; readonly id: string; readonly cafes: readonly string[] }
  | { readonly kind: 'accountant'; readonly id: string; readonly cafes: readonly string[] };

/** The claims of a client's token that the services read. */
export interface Claims {
  readonly sub?: unknown;
  readonly role?: unknown;
  readonly cafes?: unknown;
  readonly phone?: unknown;
}

/**
 * Reads verified claims. Claims without a subject or with an unknown role give an anonymous caller: nobody may do
 * anything by a token that we can't read.
 */
export function callerOf(claims: Claims | null): Caller {
  if (claims === null || typeof claims.sub !== 'string' || claims.sub === '') return { kind: 'anonymous' };
  const cafes = Array.isArray(claims.cafes) ? claims.cafes.map(String) : [];
  switch (claims.role) {
    case 'customer':
      return {
        kind: 'customer',
        id: claims.sub,
        ...(typeof claims.phone === 'string' ? { phone: claims.phone } : {}),
      };
    case 'staff':
    case 'accountant':
      return { kind: claims.role, id: claims.sub, cafes };
    default:
      return { kind: 'anonymous' };
  }
}
