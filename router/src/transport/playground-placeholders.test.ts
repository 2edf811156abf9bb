import { fillIn, NothingAnswered } from '../../playground/placeholders.ts';

const newId = () => 'fresh';

describe('placeholders in variables', () => {
  it('leave everything else as it is', () => {
    const value = { a: [1, null, true, 'text {{ no }}'], b: { c: 'x' } };
    expect(fillIn(value, [])).toEqual(value);
    expect(fillIn(undefined, [])).toBeUndefined();
  });

  it('are a fresh id, one for all places of a run', () => {
    let count = 0;
    const filled = fillIn({ a: '{{new id}}', b: ['order-{{ new id }}'] }, [], () => `id-${(count += 1)}` as never);
    expect(filled).toEqual({ a: 'id-1', b: ['order-id-1'] });
    expect(fillIn('{{new id}}', [])).toMatch(/^[\da-f-]{36}$/);
  });

  it('are what the latest answer has that has it, with its type', () => {
    const answers = [{ order: null }, { order: { id: '7', total: 2000, lines: [{ qty: 3 }] } }, { order: { id: '1' } }];
    const value = { id: '{{answer order.id}}', total: '{{answer order.total}}', qty: '{{ answer order.lines.0.qty }}' };
    expect(fillIn(value, answers)).toEqual({ id: '7', total: 2000, qty: 3 });
  });

  it('take the latest of several alternatives', () => {
    const value = '{{answer placed.id | changed.id}}';
    expect(fillIn(value, [{ changed: { id: '2' } }, { placed: { id: '1' } }], newId as never)).toBe('2');
    expect(fillIn(value, [{ placed: { id: '1' } }], newId as never)).toBe('1');
  });

  it('say what has not been answered yet', () => {
    expect(() => fillIn({ id: '{{answer a.b | c}}' }, [{ a: {} }])).toThrow(NothingAnswered);
    expect(() => fillIn({ id: '{{answer a.b | c}}' }, [{ a: {} }])).toThrow('No answer has had a.b or c yet.');
  });
});
