import type { Variables } from '../planning/variables.ts';

/** An amount that is known, or the place where it stands once the variables are. */
export type Amount = number | { readonly slot: number };

type Compute = (values: Float64Array, variables: Variables) => number;

/**
 * Amounts that depend on variables, in the order in which they are computed: each once for a request, however often others
 * build on it. That matters: fragments that are spread in each other share their amounts, and would else be computed
 * exponentially often.
 */
export interface Calculation {
  /** An amount that depends on the variables alone. */
  fromVariables(compute: (variables: Variables) => number): Amount;
  sum(amounts: readonly Amount[]): Amount;
  /** @param amounts at least one */
  max(amounts: readonly Amount[]): Amount;
  times(one: Amount, other: Amount): Amount;
  /** `amount` when `holds`, else nothing. */
  when(holds: (variables: Variables) => boolean, amount: Amount): Amount;
  /** @returns what `result` is for the variables of a request */
  prepared(result: Amount): number | ((variables: Variables) => number);
}

export function createCalculation(): Calculation {
  const steps: Compute[] = [];

  function add(compute: Compute): Amount {
    steps.push(compute);
    return { slot: steps.length - 1 };
  }

  /** What is known joined into one number, and the slots of what isn't. */
  function parted(amounts: readonly Amount[], join: (one: number, other: number) => number, start: number) {
    let known = start;
    const slots: number[] = [];
    for (const amount of amounts) {
      if (typeof amount === 'number') known = join(known, amount);
      else slots.push(amount.slot);
    }
    return { known, slots };
  }

  function joined(amounts: readonly Amount[], join: (one: number, other: number) => number, start: number): Amount {
    const { known, slots } = parted(amounts, join, start);
    if (slots.length === 0) return known;
    return add(function joinAll(values) {
      let result = known;
      for (const slot of slots) result = join(result, values[slot]!);
      return result;
    });
  }

  return {
    fromVariables: (compute) => add((_values, variables) => compute(variables)),
    sum: (amounts) => joined(amounts, plus, 0),
    max: (amounts) => joined(amounts, Math.max, -Infinity),
    times: (one, other) => (one === 0 || other === 0 ? 0 : joined([one, other], times, 1)),
    when(holds, amount) {
      if (amount === 0) return 0;
      return add(function onlyWhen(values, variables) {
        if (!holds(variables)) return 0;
        return typeof amount === 'number' ? amount : values[amount.slot]!;
      });
    },
    prepared(result) {
      if (typeof result === 'number') return result;
      const { slot } = result;
      // Nothing is awaited while it is computed, so one array serves all requests.
      const values = new Float64Array(steps.length);
      return function calculate(variables) {
        for (let index = 0; index < steps.length; index += 1) values[index] = steps[index]!(values, variables);
        return values[slot]!;
      };
    },
  };
}

function plus(one: number, other: number): number {
  return one + other;
}

/** Nothing of infinitely many is nothing. */
function times(one: number, other: number): number {
  return one === 0 || other === 0 ? 0 : one * other;
}
