// @ts-check
/**
 * What `npm start`, `npm test` and the others run. Needs nothing but Node: it installs packages when they don't fit the lock file,
 * builds what changed, and then runs the command proper (deploy/dist/<command>.js and the like) in this same process.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** @type {[major: number, minor: number]} */
const NEEDED = [20, 19];
/** npm has been seen to wait for ever. How long it may take, in minutes; enough for a slow line. */
const INSTALL_MINUTES = Number(process.env['INSTALL_MINUTES'] || 5);

/**
 * build: 'all' needs everything built, 'deploy' only deploy/ itself (enough for commands that start nothing).
 * file: what runs then. quiet: says nothing unless there is something to do, because the output is meant for a program.
 *
 * @type {Record<string, { what: string, build: 'all' | 'deploy', file?: string, quiet?: boolean }>}
 */
const COMMANDS = {
  start: { what: 'starts the whole system and stays up', build: 'all', file: 'deploy/dist/start.js' },
  demo: { what: 'plays the demonstration against the running system', build: 'all', file: 'tests/dist/demo/main.js' },
  token: {
    what: 'prints a token for a customer, staff or an accountant',
    build: 'deploy',
    file: 'deploy/dist/token-main.js',
    quiet: true,
  },
  test: { what: 'runs every check and test', build: 'all', file: 'deploy/dist/test.js' },
  check: { what: 'lint, types, format, spelling, dead code, the graph', build: 'all', file: 'deploy/dist/check.js' },
  bench: { what: 'measures under load', build: 'all', file: 'tests/dist/bench/main.js' },
  conformance: {
    what: 'compares the router with the stock gateway and with one whole schema',
    build: 'all',
    file: 'router/dist/conformance/main.js',
  },
  build: { what: 'builds what changed; with a name (lib, deploy, …) only that and what it needs', build: 'all' },
  compose: {
    what: 'composes the subgraphs into schema/supergraph.graphql',
    build: 'deploy',
    file: 'deploy/dist/compose-supergraph.js',
  },
  'compose-env': {
    what: 'writes .env with secrets for docker compose',
    build: 'deploy',
    file: 'deploy/dist/compose-env.js',
  },
  reset: { what: 'empties .local/: databases, streams, keys, logs', build: 'deploy', file: 'deploy/dist/reset.js' },
};

/** @param {string} text */
const say = (text) => void process.stderr.write(`${text}\n`);

/** A sentence for a person; no stack. */
class Refused extends Error {}

function overallHelp() {
  const lines = Object.entries(COMMANDS).map(([name, { what }]) => {
    const command = name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`;
    return `  ${command.padEnd(16)} ${what}`;
  });
  return [...lines, '', 'Each takes --help, after two dashes: npm start -- --help'].join('\n');
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  throw new Refused(
    `This needs Node ${NEEDED.join('.')} or newer; here is ${process.versions.node}. See https://nodejs.org.`,
  );
}

/** What every tool below should know: no telemetry, no downloads at generation, nothing kept outside the checkout. */
function setEnvironment() {
  Object.assign(process.env, {
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    APOLLO_TELEMETRY_DISABLED: '1',
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    // `prisma generate` wants the path of an engine that it never runs; without one it would download it.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    TURBO_NO_UPDATE_NOTIFIER: '1',
    TURBO_CACHE_DIR: join(root, '.turbo', 'cache'),
    npm_config_update_notifier: 'false',
  });
}

/** @param {string} file @returns {any} undefined when it is not there or broken */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const stampFile = join(root, 'node_modules', '.installed-for');

/** What the packages depend on: the lock file, and the platform that they were picked for. */
function installStamp() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

/** Whether the installed packages are those of the lock file. */
function packagesFit() {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const stamp = installStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true;
  // Somebody may have run npm by hand: then look at the packages themselves.
  /** @type {Record<string, any>} */
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const fits = Object.entries(wanted).every(([path, one]) => {
    if (!path.includes('node_modules/')) return true;
    const here = installed.packages[path];
    if (here === undefined) return one.optional === true && !isForHere(one);
    return one.link === true || here.version === one.version;
  });
  if (fits) writeFileSync(stampFile, stamp);
  return fits;
}

/** Whether an optional package was made for this machine. @param {{ os?: string[], cpu?: string[], libc?: string[] }} one */
function isForHere({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined || libc !== undefined) return false;
  return os.includes(process.platform) && cpu.includes(process.arch);
}

/**
 * Runs a program, with a line about it at first and every ten seconds; its output goes to a file, and is shown when it fails.
 *
 * @param {string} title @param {string} command @param {string[]} args @param {boolean} [quiet]
 * @param {number} [minutes] how long it may take; it is ended then, and `late`
 * @returns {Promise<{ ok: boolean, late: boolean, output: string }>}
 */
async function runTool(title, command, args, quiet = false, minutes) {
  const logFile = join(root, '.local', 'logs', `${title.split(' ')[0]?.toLowerCase()}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const begun = Date.now();
  const passed = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
  let told = false;
  const tell = () => {
    told = true;
    say(`${title} … ${Date.now() - begun < 1000 ? '' : passed()}`.trimEnd());
  };
  // What is over in a moment is not worth a line.
  const soon = setTimeout(tell, quiet ? 3_000 : 1_200);
  const later = setInterval(tell, 10_000);
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', log, log],
    shell: process.platform === 'win32' && command === 'npm',
  });
  let late = false;
  const timers = [soon];
  if (minutes !== undefined) {
    const end = () => {
      late = true;
      say(`${title}: not done after ${passed()}, ending it.`);
      child.kill();
      timers.push(setTimeout(() => child.kill('SIGKILL'), 2_000));
    };
    timers.push(setTimeout(end, minutes * 60_000));
  }
  const ok = await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  for (const timer of timers) clearTimeout(timer);
  clearInterval(later);
  if (told && ok) say(`${title}: done, ${passed()}`);
  return { ok, late: late && !ok, output: readFileSync(logFile, 'utf8') };
}

/** @param {string[]} args @returns {[string, string[]]} npm, the very one that started us where there is one */
function npm(...args) {
  const path = process.env['npm_execpath'];
  return path !== undefined && /npm-cli\.[cm]?js$/.test(path) ? [process.execPath, [path, ...args]] : ['npm', args];
}

/**
 * Whether the lock file names every package that could be wanted. A registry that lacks packages for other platforms leaves them out
 * of the lock file, and `npm ci` then refuses it; `npm install` takes what the lock file has and does without the rest.
 */
function lockIsWhole() {
  /** @type {Record<string, any>} */
  const packages = readJson(join(root, 'package-lock.json')).packages;
  const names = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  );
  return Object.values(packages).every((one) =>
    Object.keys(one.optionalDependencies ?? {}).every((name) => names.has(name)),
  );
}

/** @param {boolean} quiet */
async function install(quiet) {
  if (packagesFit()) return;
  // Install scripts are not needed, and not run: npm 11 does not run them either.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  /** @param {string[]} args */
  const run = (...args) =>
    runTool(`Installing packages (npm ${args[0]})`, ...npm(...args, ...flags), quiet, INSTALL_MINUTES);
  let tried = lockIsWhole() ? await run('ci') : undefined;
  // What it fetched is kept: the second time has less to do.
  if (tried?.late === true) tried = await run('ci');
  if (tried?.ok !== true) {
    if (tried !== undefined) say(`npm ci failed:\n${whyNot(tried)}\nTrying npm install.`);
    // npm install would take what an ended npm ci left half unpacked for whole.
    if (tried?.late === true) rmSync(join(root, 'node_modules'), { recursive: true, force: true });
    const loose = await run('install', '--no-save');
    if (!loose.ok) {
      throw new Refused(
        `The packages could not be installed. npm says:\n${whyNot(loose)}\nIs the registry reachable, and the disk not full?`,
      );
    }
  }
  writeFileSync(stampFile, installStamp());
}

/** What npm complains about, in short. @param {{ late: boolean, output: string }} run */
function whyNot({ late, output }) {
  if (late) return `  It took longer than ${INSTALL_MINUTES} minutes; INSTALL_MINUTES=20 gives it more.`;
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!) \S/.test(line) && !/complete log/.test(line));
  return errors.slice(0, 6).join('\n') || lastLines(output, 6);
}

/** @param {string} what 'all', or the package after @cafe-for-me/ @param {boolean} quiet */
async function build(what, quiet) {
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const filter = what === 'all' ? [] : [`--filter=@cafe-for-me/${what}`];
  const args = ['run', 'build', ...filter, '--env-mode=loose', '--output-logs=errors-only', '--no-color'];
  const { ok, output } = await runTool('Building', process.execPath, [turbo, ...args], quiet);
  if (!ok) throw new Refused(`The build failed:\n${lastLines(output, 60)}`);
}

/** @param {string} text @param {number} count */
function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** @param {string[]} argv @returns {Promise<void>} */
async function main([name = '--help', ...args]) {
  checkNode();
  const command = COMMANDS[name];
  if (command === undefined) {
    if (name !== '--help' && name !== '-h') throw new Refused(`There is no command "${name}".\n\n${overallHelp()}`);
    process.stdout.write(`${overallHelp()}\n`);
    return;
  }
  if (command.file === undefined && (args.includes('--help') || args.includes('-h'))) {
    process.stdout.write(`npm run ${name}: ${command.what}\n`);
    return;
  }
  process.chdir(root);
  setEnvironment();
  await install(command.quiet === true);
  if (command.file === undefined) return build(args[0] ?? command.build, false);
  await build(command.build, command.quiet === true);
  const file = join(root, command.file);
  // As if node had been started with it. In this process: one less to hand signals on to, or to leave behind.
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const full = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOSPC';
  if (full) say('The disk is full. Make room, or empty the data with "npm run reset".');
  else if (error instanceof Refused) say(error.message);
  else throw error;
  process.exitCode = 1;
}
