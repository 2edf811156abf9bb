import { checkKeyFiles } from '../authorization/key-files.ts';
import { readRevocations } from '../authorization/revocations.ts';
import { checkManifest } from '../pipeline/persisted-operations.ts';
import { checkPages } from '../transport/pages.ts';
import { StartRefused } from '../refusal.ts';
import { supergraphFile } from '../supergraph.ts';
import type { Configuration } from './config.ts';

/**
 * Reads the files without which a configuration is of no use; whether the supergraph can be served is not looked at.
 *
 * @throws StartRefused that says of each what is wrong with it
 */
export async function checkNamedFiles({ supergraph, settings }: Configuration): Promise<void> {
  const { jwt } = settings.identity;
  const checks = await Promise.allSettled([
    supergraphFile(supergraph).read(),
    checkManifest(settings.persistedOperations),
    checkKeyFiles(jwt),
    (async () => checkPages(settings.pages.directory))(),
    jwt?.revocations === undefined ? undefined : readRevocations(jwt.revocations),
  ]);
  const reasons = checks.flatMap((check) => (check.status === 'rejected' ? [check.reason as Error] : []));
  const unforeseen = reasons.find((reason) => !(reason instanceof StartRefused));
  if (unforeseen !== undefined) throw unforeseen;
  if (reasons.length > 0) throw new StartRefused(reasons.map(({ message }) => message).join('\n'));
}
