import type { Caller } from '@cafe-for-me/schema/caller';
import { cafeAggregate, type Cafe, type CafeEvent } from '../domain/cafe.ts';
import { requireStaff, requireStaffOf } from './access.ts';
import { commandKey, isReplay } from './command-key.ts';
import { envelopeOf } from './envelope.ts';
import { isId, keyProblem } from './input.ts';
import type { CafeTransition, Cafes, Parts } from './ports.ts';
import { invalid, keyReused, type InputRefusal, type Outcome } from './refusal.ts';

export type CafeParts = Omit<Parts, 'newPickupCode'> & { readonly cafes: Cafes };

/** Each lost race means that another change of that café went through, so this many may come at once. */
const MAX_TRIES = 100;

/**
 * Changes a café or its menu on behalf of its staff: load, decide, save, and again when somebody else was first.
 *
 * @param decide gives null when the café is so already, and a refusal where it can't be
 * @throws AccessDenied
 */
export async function changeCafe(
  parts: CafeParts,
  caller: Caller,
  request: {
    readonly idempotencyKey: string;
    readonly cafeId: string;
    readonly name: string;
    readonly input: readonly unknown[];
    readonly problem?: InputRefusal | null;
    readonly decide: (cafe: Cafe) => CafeEvent | InputRefusal | null;
  },
): Promise<Outcome<Cafe>> {
  const { idempotencyKey, cafeId, name, input, problem, decide } = request;
  const staff = requireStaffOf(requireStaff(caller), cafeId);
  const unknown = invalid('cafeId', 'There is no such café.');
  const wrong = keyProblem(idempotencyKey) ?? problem ?? (isId(cafeId) ? null : unknown);
  if (wrong) return { refused: wrong };
  const key = commandKey(staff, idempotencyKey, name, [cafeId, ...input]);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { found, remembered } = await parts.cafes.load(cafeId, key);
    if (remembered && !isReplay(remembered, key)) return { refused: keyReused() };
    if (!found) return { refused: unknown };
    if (remembered) return { done: found };
    const decided = decide(found);
    if (decided === null) {
      await parts.cafes.remember(key, cafeId);
      return { done: found };
    }
    if ('code' in decided) return { refused: decided };
    const event = cafeEnvelope(parts, found, decided);
    if (await parts.cafes.save({ cafe: found, event, key })) {
      parts.committed();
      parts.log.info({ cafeId, change: event.type, version: event.aggregateVersion }, 'café changed');
      return { done: applied(found, decided) };
    }
  }
  throw new Error(`${name} of café ${cafeId} lost ${MAX_TRIES} races in a row`);
}

/** The envelope of a café's next event. */
export function cafeEnvelope(
  parts: Pick<CafeParts, 'now' | 'newId'>,
  { id, version }: Pick<Cafe, 'id' | 'version'>,
  decided: CafeEvent,
): CafeTransition['event'] {
  const aggregate = { id: cafeAggregate(id), version: version + 1, cafeId: id };
  return envelopeOf(parts, decided, aggregate, parts.now());
}

/** The café after the event. */
export function applied(cafe: Cafe, { type, data }: CafeEvent): Cafe {
  const version = cafe.version + 1;
  if (type === 'CafeSaved') return { ...cafe, ...data, version };
  const known = cafe.menu.some(({ product }) => product === data.product);
  const menu = known ? cafe.menu.map((item) => (item.product === data.product ? data : item)) : [...cafe.menu, data];
  return { ...cafe, menu, version };
}
