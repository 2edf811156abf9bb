// @ts-check
/** Ends what jest.global-setup.mjs started, if it did. */
// eslint-disable-next-line import/no-default-export -- jest asks for it
export default async function stopServers() {
  await /** @type {any} */ (globalThis).testServers?.stop();
}
