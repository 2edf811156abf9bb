import { printToken } from './token.ts';

process.exitCode = await printToken(process.argv.slice(2));
