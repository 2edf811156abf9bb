import { createFlights } from './subgraph-sharing.ts';

const never = new Promise<string>(() => {});
const text = (value: string) => Promise.resolve(value);

describe('requests that are under way', () => {
  it('are found by scope and body, and by nothing less', () => {
    const flights = createFlights().ofSubgraph(60_000);
    const [mine, others] = [text('mine'), text('others')];
    flights.add('me', '{"a":1}', mine);
    flights.add('others', '{"a":1}', others);
    expect(flights.find('me', '{"a":1}')).toBe(mine);
    expect(flights.find('others', '{"a":1}')).toBe(others);
    expect(flights.find('me', '{"a":2}')).toBeUndefined();
    expect(flights.find('', '{"a":1}')).toBeUndefined();
  });

  it('are told apart where their bodies look alike', () => {
    const flights = createFlights().ofSubgraph(60_000);
    const tail = 'x'.repeat(200);
    const bodies = Array.from({ length: 20 }, (_, index) => `${String(index).padStart(3, '0')}${tail}`);
    const texts = bodies.map((body) => text(body));
    bodies.forEach((body, index) => flights.add('', body, texts[index]!));
    for (const [index, body] of bodies.entries()) expect(flights.find('', body)).toBe(texts[index]);
  });

  it('are gone when they are removed, in whichever order, and the others stay', () => {
    const flights = createFlights().ofSubgraph(60_000);
    const scopes = ['a', 'b', 'c', 'd'];
    const all = scopes.map((scope) => flights.add(scope, '{}', text(scope)));
    const left = () => scopes.filter((scope) => flights.find(scope, '{}') !== undefined);
    flights.remove(all[1]!);
    expect(left()).toEqual(['a', 'c', 'd']);
    flights.remove(all[3]!);
    expect(left()).toEqual(['a', 'c']);
    flights.remove(all[0]!);
    expect(left()).toEqual(['c']);
    flights.remove(all[2]!);
    expect(left()).toEqual([]);
  });

  it('are not joined after their time, nor after something was changed on any subgraph', () => {
    const flights = createFlights();
    const [here, there] = [flights.ofSubgraph(60_000), flights.ofSubgraph(0)];
    there.add('', '{}', never);
    expect(there.find('', '{}')).toBeUndefined();
    const old = here.add('', '{}', never);
    flights.forgetAll();
    expect(here.find('', '{}')).toBeUndefined();
    const later = text('later');
    here.add('', '{}', later);
    here.remove(old);
    expect(here.find('', '{}')).toBe(later);
  });
});
