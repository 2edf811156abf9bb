import type { IncomingHttpHeaders } from 'node:http';

/** An operation as a client sends it, whatever the transport. What is null counts as absent. */
export interface OperationRequest {
  /** Absent when the client sends the hash or the id of a text instead. */
  readonly query?: string | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

/** A request as HTTP brings it, its body parsed. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** With its question mark. */
  readonly search: string;
  readonly body: unknown;
}

/** @returns undefined for whatever is not well-formed: Apollo Server has the sentences that say what is wrong with it */
export function operationIn({ method, search, body }: HttpRequest): OperationRequest | undefined {
  if (method === 'POST') return isOperation(body) ? body : undefined;
  return method === 'GET' ? operationInAddress(search) : undefined;
}

/** An empty text says nothing: clients send one beside the hash or id that stands for the text, as sockets want some text. */
export function withoutEmptyText(request: OperationRequest): OperationRequest {
  return request.query === '' ? { ...request, query: undefined } : request;
}

/** The same for the request that brought it: for whoever reads it again. */
export function httpWithoutText(request: HttpRequest): HttpRequest {
  if (request.method === 'POST') return { ...request, body: withoutEmptyText(request.body as OperationRequest) };
  const parameters = new URLSearchParams(request.search);
  parameters.delete('query');
  return { ...request, search: `?${parameters.toString()}` };
}

/** The hash or id that stands for the text of an operation, in the form that Apollo's clients send. */
export function persistedIdIn({ extensions }: OperationRequest): string | undefined {
  const persisted = extensions?.['persistedQuery'];
  if (!isRecord(persisted) || persisted['version'] !== 1) return undefined;
  const id = persisted['sha256Hash'];
  return typeof id === 'string' ? id : undefined;
}

function operationInAddress(search: string): OperationRequest | undefined {
  const parameters = new URLSearchParams(search);
  const operation: Record<string, unknown> = {};
  for (const name of ['query', 'operationName', 'variables', 'extensions'] as const) {
    const [value, second] = parameters.getAll(name);
    if (second !== undefined) return undefined;
    if (value === undefined) continue;
    try {
      operation[name] = name === 'variables' || name === 'extensions' ? JSON.parse(value) : value;
    } catch {
      return undefined;
    }
    if (operation[name] === null) return undefined;
  }
  return isOperation(operation) ? operation : undefined;
}

function isOperation(value: unknown): value is OperationRequest {
  if (!isRecord(value)) return false;
  const { query, operationName, variables, extensions } = value as { [name in keyof OperationRequest]: unknown };
  return (
    isTextOrNothing(query) &&
    isTextOrNothing(operationName) &&
    isRecordOrNothing(variables) &&
    isRecordOrNothing(extensions)
  );
}

function isTextOrNothing(value: unknown): boolean {
  return typeof value === 'string' || value === undefined || value === null;
}

function isRecordOrNothing(value: unknown): boolean {
  return value === undefined || value === null || isRecord(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
