import type { Clause } from './authorization-rules.ts';
import type { Caller } from './identity.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * Says which of these policies hold for a request. What it doesn't name doesn't hold, and none does when it fails.
 *
 * It is asked once for each request (and once when a subscription starts) that needs a policy which the caller's claims don't
 * list.
 */
export type GrantPolicies = (
  policies: readonly string[],
  context: RequestContext,
) => Iterable<string> | Promise<Iterable<string>>;

/** What a caller lacks of some clauses, undefined when nothing; a promise only where policies are to be asked for. */
export type Unmet = (
  ids: readonly number[],
  context: RequestContext,
) => readonly number[] | undefined | Promise<readonly number[] | undefined>;

/** Prepares the comparison of callers with what is asked of them. */
export function createUnmet(
  clauses: readonly Clause[],
  options: {
    scopesClaim: string;
    policiesClaim: string | undefined;
    grantPolicies: GrantPolicies | undefined;
    /** `grantPolicies` failed. */
    failed(error: unknown, context: RequestContext): void;
  },
): Unmet {
  const { scopesClaim, policiesClaim, grantPolicies, failed } = options;
  // A caller's claims don't change, and one caller sends many requests.
  const byCaller = new WeakMap<Caller, readonly boolean[]>();

  function metByClaims(caller: Caller): readonly boolean[] {
    let met = byCaller.get(caller);
    if (met === undefined) {
      const { claims } = caller;
      const scopes = namesIn(claims?.[scopesClaim]);
      const policies = namesIn(policiesClaim === undefined ? undefined : claims?.[policiesClaim]);
      met = clauses.map((clause) => {
        if (clause.kind === 'policies') return holds(clause.anyOf, policies);
        return claims !== null && (clause.kind === 'authenticated' || holds(clause.anyOf, scopes));
      });
      byCaller.set(caller, met);
    }
    return met;
  }

  function unmetOf(ids: readonly number[], met: readonly boolean[]): readonly number[] | undefined {
    // Nearly always all are met: nothing is made then.
    for (const id of ids) if (!met[id]) return ids.filter((one) => !met[one]);
    return undefined;
  }

  /** What policies that were asked for leave of `unmet`. */
  function lessGranted(unmet: readonly number[], granted: ReadonlySet<string>, { claims }: Caller) {
    const own = policiesClaim === undefined ? [] : namesIn(claims?.[policiesClaim]);
    const all = new Set([...own, ...granted]);
    const left = unmet.filter((id) => {
      const clause = clauses[id]!;
      return clause.kind !== 'policies' || !holds(clause.anyOf, all);
    });
    return left.length === 0 ? undefined : left;
  }

  async function asked(unmet: readonly number[], wanted: readonly string[], context: RequestContext) {
    try {
      return lessGranted(unmet, new Set(await grantPolicies!(wanted, context)), context.caller);
    } catch (error) {
      failed(error, context);
      return unmet;
    }
  }

  return function unmet(ids, context) {
    const lacking = unmetOf(ids, metByClaims(context.caller));
    if (lacking === undefined || grantPolicies === undefined) return lacking;
    const wanted = new Set<string>();
    for (const id of lacking) {
      const clause = clauses[id]!;
      if (clause.kind === 'policies') for (const policy of clause.anyOf.flat()) wanted.add(policy);
    }
    return wanted.size === 0 ? lacking : asked(lacking, [...wanted], context);
  };
}

/** One of the sets is there as a whole. */
function holds(anyOf: readonly (readonly string[])[], granted: ReadonlySet<string>): boolean {
  return anyOf.some((all) => all.every((one) => granted.has(one)));
}

/** A claim lists names as OAuth does, in one text with spaces, or in an array. */
function namesIn(claim: unknown): ReadonlySet<string> {
  if (typeof claim === 'string') return new Set(claim.split(' ').filter((name) => name !== ''));
  return new Set(Array.isArray(claim) ? claim.filter((name): name is string => typeof name === 'string') : []);
}
