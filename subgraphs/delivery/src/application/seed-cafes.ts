import { decideMenuItem, decideRegister, type Cafe, type CafeEvent } from '../domain/cafe.ts';
import { applied, cafeEnvelope, type CafeParts } from './change-cafe.ts';
import { DEMO_CAFES } from './demo-cafes.ts';

/**
 * Makes the demo cafés and their menus where they are missing. What is there stays as the staff left it: a café that they
 * closed stays closed, a price that they changed stays changed.
 *
 * @returns how many events came of it, 0 when nothing was missing
 */
export async function seedCafes(parts: CafeParts): Promise<number> {
  let events = 0;
  for (const { menu, ...facts } of DEMO_CAFES) {
    events += await addCafe(parts, facts);
    for (const item of menu) {
      events += await addMissing(parts, facts.id, (cafe) =>
        cafe.menu.some(({ product }) => product === item.product) ? null : decideMenuItem(cafe, item),
      );
    }
  }
  return events;
}

async function addCafe(parts: CafeParts, facts: Omit<Cafe, 'version' | 'menu'>): Promise<number> {
  const { found } = await parts.cafes.load(facts.id);
  if (found) return 0;
  const empty: Cafe = { ...facts, version: 0, menu: [] };
  const decided = decideRegister(facts);
  const event = cafeEnvelope(parts, empty, decided);
  if (!(await parts.cafes.add({ cafe: applied(empty, decided), event }))) return 0;
  parts.committed();
  parts.log.info({ cafeId: facts.id, change: event.type, version: 1 }, 'café changed');
  return 1;
}

/** Another seed, or the staff, may be at work beside it: then it looks again. */
async function addMissing(parts: CafeParts, cafeId: string, decide: (cafe: Cafe) => CafeEvent | null): Promise<number> {
  for (;;) {
    const { found } = await parts.cafes.load(cafeId);
    if (!found) throw new Error(`Café ${cafeId} vanished while it was seeded`);
    const decided = decide(found);
    if (decided === null) return 0;
    if (await parts.cafes.save({ cafe: found, event: cafeEnvelope(parts, found, decided) })) {
      parts.committed();
      return 1;
    }
  }
}
