/** An address for the subgraph of that name that replaces the supergraph's own. */
export type AddressOf = (name: string) => string | undefined;

/** `product-reviews` → `PRODUCT_REVIEWS`: how a subgraph's name stands in a variable of the environment. */
export function environmentName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}
