/**
 * All subgraphs in one process, each at a path of its name. What was asked once is answered from memory from then on, so that
 * a gateway waits for next to nothing.
 *
 * Besides: `GET /reset` forgets the counts and `GET /counts` tells them; `GET /record` begins to note what comes in, holding
 * answers back until nothing more comes, so that what is asked together is seen to be; `GET /recorded` ends it and tells it.
 *
 * Says `listening <port>` on stdout.
 */
import { createServer, type Socket, type AddressInfo } from 'node:net';
import { subgraphAnswer } from './answers.ts';
import { createMessageReader, type Message } from './raw-http.ts';
import { VISIT, VISIT_DIGITS } from './visit.ts';

/** How long nothing must come in before recorded requests count as all that were sent together, in ms. */
const QUIET_MS = 40;

const answers = new Map<string, Buffer>();
const counts = { fetches: 0, bytes: 0 };

let held: (() => void)[] | undefined;
let quiet: NodeJS.Timeout | undefined;
let waves: { subgraph: string; body: string }[][] = [];

function httpAnswer(body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** What differs in each request doesn't matter to a subgraph. */
function withoutVisit(body: string): string {
  const at = body.indexOf(VISIT);
  if (at < 0) return body;
  const rest = at + VISIT.length;
  return body.slice(0, rest) + body.slice(rest + VISIT_DIGITS);
}

async function makeAnswer(path: string, body: string, key: string): Promise<Buffer> {
  const made = httpAnswer(await subgraphAnswer(path.slice(1), Buffer.from(body, 'latin1').toString()));
  answers.set(key, made);
  return made;
}

function send(socket: Socket, path: string, body: string, answer: Buffer): void {
  counts.fetches += 1;
  counts.bytes += answer.length - answer.indexOf('\r\n\r\n') - 4;
  if (held === undefined) {
    socket.write(answer);
    return;
  }
  held.push(() => socket.write(answer));
  waves.at(-1)?.push({ subgraph: path.slice(1), body: Buffer.from(body, 'latin1').toString() });
  clearTimeout(quiet);
  quiet = setTimeout(releaseWave, QUIET_MS);
}

function releaseWave(): void {
  const ready = held ?? [];
  held = [];
  waves.push([]);
  for (const release of ready) release();
}

const controls: Readonly<Record<string, () => unknown>> = {
  '/reset': () => Object.assign(counts, { fetches: 0, bytes: 0 }),
  '/counts': () => counts,
  '/record': () => {
    held = [];
    waves = [[]];
    return {};
  },
  '/recorded': () => {
    held = undefined;
    return waves.filter((wave) => wave.length > 0);
  },
};

function respond(socket: Socket, message: Message): void {
  const { head } = message;
  const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
  const control = controls[path];
  if (control !== undefined) {
    socket.write(httpAnswer(JSON.stringify(control())));
    return;
  }
  const body = message.body();
  const key = path + withoutVisit(body);
  const known = answers.get(key);
  if (known !== undefined) {
    send(socket, path, body, known);
    return;
  }
  makeAnswer(path, body, key).then(
    (made) => send(socket, path, body, made),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n${body}\n`);
      socket.destroy();
    },
  );
}

const server = createServer({ noDelay: true }, function connected(socket) {
  const read = createMessageReader();
  socket.on('data', function onData(chunk) {
    const message = read(chunk);
    if (message !== undefined) respond(socket, message);
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
