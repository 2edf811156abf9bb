export function BaristaPage() {
  return <h1>BaristaPage</h1>;
}
