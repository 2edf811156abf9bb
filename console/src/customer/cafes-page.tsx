export function CafesPage() {
  return <h1>CafesPage</h1>;
}
