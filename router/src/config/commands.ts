/** EX_CONFIG of sysexits.h, as for a start that is refused. */
const exitConfig = 78;

const commands: Readonly<Record<string, (args: readonly string[], env: Environment) => Promise<string>>> = {
  '--help': printUsage,
  '-h': printUsage,
  '--print-config-example': async () => (await import('./config-example.ts')).exampleFile(),
  '--print-config-schema': async () =>
    `${JSON.stringify((await import('./config-schema.ts')).editorSchema(), undefined, 2)}\n`,
  '--check-config': async (args, env) => {
    const configuration = (await import('./config.ts')).readSettings(args, env);
    await (await import('./named-files.ts')).checkNamedFiles(configuration);
    return 'The configuration is valid.\n';
  },
};

type Environment = Readonly<Record<string, string | undefined>>;

async function printUsage(): Promise<string> {
  return (await import('./config.ts')).usage;
}

/**
 * Does what is wanted in place of serving: answers a question about the router, on standard output.
 *
 * @returns the exit code; undefined when the router shall serve
 */
export async function runCommand(args: readonly string[], env: Environment): Promise<number | undefined> {
  const command = args.map((one) => commands[one]).find((one) => one !== undefined);
  if (command === undefined) return undefined;
  try {
    process.stdout.write(await command(args, env));
    return 0;
  } catch (error) {
    // By its name: its class would be loaded by every start.
    if (!(error instanceof Error) || error.name !== 'StartRefused') throw error;
    process.stderr.write(`router: ${error.message}\n`);
    return exitConfig;
  }
}
