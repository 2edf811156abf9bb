/** What the subgraphs know: objects that point to each other, so that graphql-js needs no resolvers but its own. */

export interface User {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly birthday: string;
  readonly reviews: Review[];
}

export interface Product {
  readonly upc: string;
  readonly name: string;
  readonly price: number;
  readonly weight: number;
  readonly inStock: boolean;
  readonly shippingEstimate: number;
  readonly reviews: Review[];
}

export interface Review {
  readonly id: string;
  readonly body: string;
  readonly author: User;
  readonly product: Product;
}

/** Of a review's text; it decides how large the answers are. */
const BODY_LENGTH = 440;
const WORDS = 'the cup was warm and so were we while rain fell on the roof over a quiet street of small lamps'.split(
  ' ',
);

/** What it costs to send: nothing for the dear ones, else by weight. */
export function shippingEstimate({ price, weight }: { readonly price: number; readonly weight: number }): number {
  return price > 1000 ? 0 : weight / 2;
}

export const users: readonly User[] = [
  ['Ada Lovelace', 'ada', '1815-12-10'],
  ['Alan Turing', 'complete', '1912-06-23'],
  ['Grace Hopper', 'amazing', '1906-12-09'],
  ['Donald Knuth', 'literate', '1938-01-10'],
  ['Frances Allen', 'parallel', '1932-08-04'],
  ['Margaret Hamilton', 'priority', '1936-08-17'],
].map(([name = '', username = '', birthday = ''], at) => ({ id: `${at + 1}`, name, username, birthday, reviews: [] }));

export const products: readonly Product[] = [
  ['Table', 899, 100],
  ['Couch', 1299, 1000],
  ['Glass', 15, 20],
  ['Chair', 499, 100],
  ['TV', 1299, 1000],
  ['Lamp', 69, 40],
  ['Grill', 3999, 100],
  ['Fridge', 100_000, 6000],
  ['Sofa', 9999, 800],
].map(([name, price, weight], at) => {
  const measures = { price: Number(price), weight: Number(weight) };
  const shipping = shippingEstimate(measures);
  return Object.assign(measures, {
    upc: `${at + 1}`,
    name: String(name),
    inStock: at % 3 !== 1,
    shippingEstimate: shipping,
    reviews: [],
  });
});

/** Who wrote about what: a few products are talked about most, as they are. */
const WRITTEN: readonly (readonly [user: number, product: number])[] = [
  [1, 1],
  [1, 2],
  [1, 3],
  [2, 1],
  [2, 4],
  [3, 1],
  [3, 2],
  [4, 1],
  [4, 5],
  [5, 2],
  [6, 1],
];

export const reviews: readonly Review[] = WRITTEN.map(([user, product], at) => {
  const review = { id: `${at + 1}`, body: bodyOf(at), author: users[user - 1]!, product: products[product - 1]! };
  review.author.reviews.push(review);
  review.product.reviews.push(review);
  return review;
});

function bodyOf(number: number): string {
  const words = Array.from({ length: BODY_LENGTH / 3 }, (_, at) => WORDS[(at * (number + 3) + number) % WORDS.length]);
  return words.join(' ').slice(0, BODY_LENGTH);
}
