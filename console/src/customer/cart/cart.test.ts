import { checkedCart, emptyCart, qtyOf, readCart, withPricesSeen, withQty, type Cart } from './cart.ts';

const americano = { product: 'IceAmericano', price: 2_000, available: true };
const latte = { product: 'CafeLatte', price: 4_500, available: true };
const two: Cart = withQty(withQty(emptyCart, americano, 2), latte, 1);

describe('A cart', () => {
  it('takes a product once, with a quantity from 1 to 99', () => {
    expect(two.lines.map(({ product, qty }) => [product, qty])).toEqual([
      ['IceAmericano', 2],
      ['CafeLatte', 1],
    ]);
    expect(qtyOf(withQty(two, americano, 120), 'IceAmericano')).toBe(99);
    expect(withQty(two, americano, 0).lines).toHaveLength(1);
    expect(withQty(two, americano, -3).lines).toHaveLength(1);
  });

  it('has room for twenty products', () => {
    let cart = emptyCart;
    for (let index = 0; index < 21; index += 1) cart = withQty(cart, { product: `P${index}`, price: 1 }, 1);
    expect(cart.lines).toHaveLength(20);
    expect(qtyOf(withQty(cart, { product: 'P3', price: 1 }, 5), 'P3')).toBe(5);
  });

  it('adds up price times quantity at the prices of the present menu', () => {
    expect(checkedCart(two, [americano, latte])).toMatchObject({ total: 8_500, count: 3, missing: [] });
    expect(checkedCart(two, undefined)).toMatchObject({ total: 8_500 });
  });

  it('says what changed its price, and no longer once that was seen', () => {
    const menu = [{ ...americano, price: 2_500 }, latte];
    const checked = checkedCart(two, menu);
    expect(checked).toMatchObject({ total: 9_500, pricesChanged: true });
    expect(checked.lines[0]).toEqual({
      product: 'IceAmericano',
      qty: 2,
      state: 'priceChanged',
      price: 2_500,
      was: 2_000,
    });
    expect(checkedCart(withPricesSeen(two, menu), menu)).toMatchObject({ total: 9_500, pricesChanged: false });
  });

  it('leaves out of the total what is sold out or gone, and names it', () => {
    const checked = checkedCart(two, [{ ...americano, available: false }]);
    expect(checked).toMatchObject({ total: 0, count: 0, missing: ['IceAmericano', 'CafeLatte'] });
    expect(checked.lines.map(({ state }) => state)).toEqual(['soldOut', 'gone']);
  });

  it('comes back from where it was kept, without what does not read as a line', () => {
    expect(readCart(JSON.stringify(two))).toEqual(two);
    expect(
      readCart(JSON.stringify({ lines: [null, { product: 'X', qty: 0, price: 1 }, two.lines[0]], phone: 7 })),
    ).toEqual({
      lines: [two.lines[0]],
      phone: '',
    });
    expect([readCart('no cart'), readCart(undefined), readCart('null')]).toEqual([emptyCart, emptyCart, emptyCart]);
  });
});
