import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '@cafe-for-me/deploy/paths';
import { benchHostile } from './hostile.ts';
import { benchOrders } from './orders.ts';
import { benchRouter } from './router.ts';
import { workloadNames } from './router/graph.ts';
import { benchSubscriptions, subscriptionParts } from './subscriptions.ts';

const HELP = `npm run bench -- <name> [options]

  orders              the seed's load: 100 users placing orders, beside the floor of the same commits and payment call
  router              the router beside other gateways, over the same subgraphs, and beside the floor of the raw fetches
  hostile             whether the router answers, and keeps its memory, over a subgraph that answers in every broken way
  subscriptions       live subscriptions of many clients: memory, one event to all, commit to client, the router killed;
                      beside stock graphql-ws and floors

  --seconds <n>       how long the load lasts (default 60; of router, each measurement: default 3; of subscriptions, each
                      round at the café: default 20)
  --json              the last line is the summary as JSON
  --save              writes the result to tests/bench/results/<name>.json, to be committed

  --router <file>     the main.js of another build of the router (of router, hostile and subscriptions to one topic)
  --requests <n>      of hostile: how many (default 100000)
  --subscribers <n>   of subscriptions: how many (default 10000)

  Of router and subscriptions:
  --only <names>      of router, which gateways, with commas between: ours, stock, hive, mercurius, floor (default: all);
                      of subscriptions, which parts: ${subscriptionParts.join(', ')} (default: all)
  --rounds <n>        how often each is measured; the median is told (default 3)
  --profile           where the processor time goes, by package and by function

  Of router alone:
  --workload <names>  which workloads, with commas between: ${workloadNames.join(', ')} (default: all)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '100000' },
    subscribers: { type: 'string', default: '10000' },
    only: { type: 'string', default: '' },
    workload: { type: 'string', default: '' },
    router: { type: 'string', default: join(root, 'router/dist/main.js') },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const listOf = (text: string): string[] => text.split(',').filter((one) => one !== '');

function wrongUse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 64;
}

async function run(name: 'orders' | 'router'): Promise<void> {
  const seconds = Number(values.seconds ?? (name === 'orders' ? 60 : 3));
  const rounds = Number(values.rounds);
  if (!Number.isFinite(seconds) || seconds < 1) {
    wrongUse(`--seconds must be a number from 1 up, not "${values.seconds}"`);
    return;
  }
  if (!Number.isInteger(rounds) || rounds < 1) {
    wrongUse(`--rounds must be a whole number from 1 up, not "${values.rounds}"`);
    return;
  }
  const { json, save, profile } = values;
  const wanted = listOf(values.workload);
  const unknown = wanted.find((one) => !workloadNames.some((workload) => workload === one));
  if (unknown !== undefined) {
    wrongUse(`There is no workload "${unknown}"; there are ${workloadNames.join(', ')}.`);
    return;
  }
  const workloads = workloadNames.filter((workload) => wanted.length === 0 || wanted.includes(workload));
  const clean =
    name === 'orders'
      ? await benchOrders({ seconds, json, save }, write)
      : await benchRouter(
          {
            seconds,
            rounds,
            workloads,
            only: listOf(values.only),
            routerFile: resolve(values.router),
            profile,
            json,
            save,
          },
          write,
        );
  process.exitCode = clean ? 0 : 1;
}

async function runHostile(): Promise<void> {
  const requests = Number(values.requests);
  if (!Number.isInteger(requests) || requests < 100) {
    wrongUse(`--requests must be a whole number from 100 up, not "${values.requests}"`);
    return;
  }
  const { json, save, router } = values;
  const clean = await benchHostile({ requests, routerFile: resolve(router), json, save }, write);
  process.exitCode = clean ? 0 : 1;
}

async function runSubscriptions(): Promise<void> {
  const [subscribers, rounds, seconds] = [values.subscribers, values.rounds, values.seconds ?? '20'].map(Number) as [
    number,
    number,
    number,
  ];
  if (![subscribers, rounds, seconds].every((one) => Number.isInteger(one) && one >= 1)) {
    wrongUse('--subscribers, --rounds and --seconds must be whole numbers from 1 up');
    return;
  }
  const only = subscriptionParts.filter((part) => listOf(values.only).includes(part));
  if (only.length < listOf(values.only).length) {
    wrongUse(`--only takes ${subscriptionParts.join(', ')}, not "${values.only}"`);
    return;
  }
  const { json, save, profile, router } = values;
  const options = { subscribers, rounds, seconds, only, routerFile: resolve(router), profile, json, save };
  process.exitCode = (await benchSubscriptions(options, write)) ? 0 : 1;
}

const [name] = positionals;
if (values.help) write(HELP);
else if (name === 'hostile') await runHostile();
else if (name === 'subscriptions') await runSubscriptions();
else if (name === 'orders' || name === 'router') await run(name);
else wrongUse(`${name === undefined ? 'Which benchmark?' : `There is no benchmark "${name}".`}\n\n${HELP}`);
