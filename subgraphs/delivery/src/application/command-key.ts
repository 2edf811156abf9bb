import { createHash } from 'node:crypto';
import type { SignedIn } from './access.ts';
import type { CommandKey, RememberedCommand } from './ports.ts';

/** The key of a command. `input` is all that the client said beside the key, in a fixed order. */
export function commandKey(caller: SignedIn, key: string, command: string, input: readonly unknown[]): CommandKey {
  const inputHash = createHash('sha256').update(JSON.stringify(input)).digest('base64url');
  return { caller: `${caller.kind}:${caller.id}`, key, command, inputHash };
}

/** Whether what was carried out under the key is what is asked for now. */
export function isReplay(remembered: RememberedCommand, key: CommandKey): boolean {
  return remembered.command === key.command && remembered.inputHash === key.inputHash;
}
