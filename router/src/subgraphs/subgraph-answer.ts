/** What a subgraph says went wrong. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What a subgraph answers: GraphQL's response. What `data` holds is whatever the subgraph sent. */
export interface SubgraphAnswer {
  data?: Record<string, unknown> | null;
  errors?: readonly SubgraphError[];
}

/** Each error is told to the client in some 100 bytes or more; nobody reads thousands of them. */
const errorsRead = 1_000;

/**
 * Reads a subgraph's answer. Its form is checked, so that errors may be used as their types say; `data` is not looked
 * into. Of its errors the first 1,000 are read; the rest is dropped.
 *
 * A key `__proto__` becomes a property like any other here, as JSON.parse has it: who copies it must not assign it.
 *
 * @returns undefined for anything that is no GraphQL response (an HTML page, a cut-off text)
 */
export function parseAnswer(text: string): SubgraphAnswer | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  return answerIn(body);
}

/** The same for JSON that is parsed already, as an event of a subscription is. */
export function answerIn(body: unknown): SubgraphAnswer | undefined {
  if (!isObject(body)) return undefined;
  const { data, errors } = body;
  if (data !== undefined && data !== null && !isObject(data)) return undefined;
  // Some servers say so that there were none.
  if (errors === undefined || errors === null) return data === undefined ? undefined : { data };
  const read = errorsIn(errors);
  if (read === undefined) return undefined;
  return data === undefined ? { errors: read } : { data, errors: read };
}

/**
 * Whether an HTTP answer can be one of GraphQL. A refused request (400) carries errors that are the caller's business only
 * when they are about the input. A document that the subgraph doesn't understand, or a router that it doesn't trust, is
 * ours.
 */
export function isOfUse(status: number, text: string): boolean {
  if (status === 200) return beginsAsObject(text);
  const answer = parseAnswer(text);
  if (answer === undefined) return false;
  if (answer.data !== undefined) return true;
  return status === 400 && (answer.errors ?? []).every((error) => error.extensions?.['code'] === 'BAD_USER_INPUT');
}

function beginsAsObject(text: string): boolean {
  return text.charCodeAt(0) === 0x7b || /^[ \t\r\n]*\{/.test(text);
}

function errorsIn(errors: unknown): readonly SubgraphError[] | undefined {
  if (!Array.isArray(errors)) return undefined;
  const read: SubgraphError[] = [];
  for (const error of errors.slice(0, errorsRead) as unknown[]) {
    if (!isObject(error) || typeof error['message'] !== 'string') return undefined;
    const { message, path, extensions } = error;
    read.push({
      message,
      ...(isPath(path) && { path }),
      ...(isObject(extensions) && { extensions }),
    });
  }
  return read;
}

function isPath(path: unknown): path is (string | number)[] {
  return Array.isArray(path) && path.every((step) => typeof step === 'string' || Number.isSafeInteger(step));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
