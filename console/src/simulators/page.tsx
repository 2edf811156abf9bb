export function SimulatorsPage() {
  return <h1>SimulatorsPage</h1>;
}
