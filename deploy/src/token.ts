import { parseArgs } from 'node:util';
import { signToken, type TokenClaims } from './keys.ts';
import { localDir } from './paths.ts';
import { phoneOf } from './phone.ts';

export const HELP = `npm run token -- customer|staff|accountant [options]

Prints a token for the graph (Authorization: Bearer …), signed with the key of this checkout.

  customer    --subject alice  [--phone 010-1234-5678]
  staff       --cafe 92 [--cafe 93]
  accountant  --cafe 92 [--cafe 93]

  --subject   who it is; default "customer", "barista-92", "accountant-92"
  --phone     of a customer; default: one made up from the subject
  --name      for people to read
  --hours     how long it is good; default 24
`;

export class WrongUse extends Error {}

/**
 * What a command line asks for.
 *
 * @throws {@link WrongUse} with a sentence
 */
export function tokenRequest(args: readonly string[]): { claims: TokenClaims; hours: number } {
  const { values, positionals } = parsed(args);
  const [role, ...rest] = positionals;
  if (rest.length > 0) throw new WrongUse(`"${rest[0]}" is one word too many.`);
  const cafes = (values.cafe ?? []).flatMap((value) => value.split(',')).filter((cafe) => cafe !== '');
  const hours = Number(values.hours ?? 24);
  if (!(hours > 0) || !Number.isFinite(hours))
    throw new WrongUse(`--hours must be a number above 0, not "${values.hours}".`);
  const name = values.name === undefined ? {} : { name: values.name };
  if (role === 'customer') {
    if (cafes.length > 0) throw new WrongUse('A customer belongs to no café: --cafe is for staff and accountants.');
    const sub = values.subject ?? 'customer';
    return { claims: { sub, role, phone: values.phone ?? phoneOf(sub), ...name }, hours };
  }
  if (role === 'staff' || role === 'accountant') {
    if (cafes.length === 0) throw new WrongUse(`Of which café? For example: npm run token -- ${role} --cafe 92`);
    const sub = values.subject ?? `${role === 'staff' ? 'barista' : 'accountant'}-${cafes[0]}`;
    const phone = values.phone === undefined ? {} : { phone: values.phone };
    return { claims: { sub, role, cafes, ...phone, ...name }, hours };
  }
  throw new WrongUse(role === undefined ? 'A token for whom?' : `There is no role "${role}".`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        subject: { type: 'string' },
        cafe: { type: 'string', multiple: true },
        phone: { type: 'string' },
        name: { type: 'string' },
        hours: { type: 'string' },
      },
    });
  } catch (error) {
    throw new WrongUse((error as Error).message);
  }
}

/** Prints the token alone, so that $(npm run -s token -- …) can be used. Returns the exit code. */
export async function printToken(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const { claims, hours } = tokenRequest(args);
    process.stdout.write(`${await signToken(localDir, claims, hours)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 64;
  }
}
