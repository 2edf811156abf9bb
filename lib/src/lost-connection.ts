/**
 * For the `onConnect` of pg's pool: losing this connection never ends the process. The pool itself listens to a connection only
 * while it lies idle, and whoever takes one only once it has it; what the server says in between ("terminating connection due to
 * unexpected postmaster exit", in one packet with the answer before) would be an error that nobody listens to. The next statement
 * on the connection fails, and the pool replaces it.
 */
export function outliveLoss(client: { on(event: 'error', listener: () => void): unknown }): void {
  client.on('error', () => undefined);
}
