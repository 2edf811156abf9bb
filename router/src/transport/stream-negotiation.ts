/** What a client that takes streams takes. */
export interface WantedStream {
  /** Of those that it takes the one that it likes best. */
  readonly transport: 'sse' | 'multipart';
  /** Whether it takes plain JSON, too. */
  readonly json: boolean;
}

const json = new Set(['application/json', 'application/graphql-response+json', 'application/*', '*/*']);

/**
 * Reads the header `accept` (RFC 9110, section 12.5.1).
 *
 * @returns undefined when it names no stream that there is here: `text/event-stream`, or `multipart/mixed` with the parameter
 *   `subscriptionSpec=1.0` (without it, it is something else)
 */
export function wantedStreamIn(accept: string | undefined): WantedStream | undefined {
  // Nearly all requests want none.
  if (accept === undefined || !/event-stream|subscriptionspec/i.test(accept)) return undefined;
  let best: { transport: 'sse' | 'multipart'; quality: number } | undefined;
  let takesJson = false;
  for (const range of partsOf(accept, ',')) {
    const [type = '', ...parameters] = partsOf(range.toLowerCase(), ';').map((part) => part.trim());
    const quality = qualityIn(parameters);
    if (quality === 0) continue;
    if (json.has(type)) takesJson = true;
    const transport = transportOf(type, parameters);
    if (transport !== undefined && quality > (best?.quality ?? 0)) best = { transport, quality };
  }
  return best && { transport: best.transport, json: takesJson };
}

function transportOf(type: string, parameters: readonly string[]): WantedStream['transport'] | undefined {
  if (type === 'text/event-stream') return 'sse';
  return type === 'multipart/mixed' && valueIn(parameters, 'subscriptionspec') === '1.0' ? 'multipart' : undefined;
}

/** @returns from 0, not at all, to 1 */
function qualityIn(parameters: readonly string[]): number {
  const given = valueIn(parameters, 'q');
  const quality = given === undefined ? 1 : Number(given);
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function valueIn(parameters: readonly string[], name: string): string | undefined {
  const parameter = parameters.find((one) => one.startsWith(`${name}=`) || one.startsWith(`${name} `));
  return parameter
    ?.slice(parameter.indexOf('=') + 1)
    .trim()
    .replace(/^"(.*)"$/, '$1');
}

/** Splits where the separator stands outside of quotes. */
function partsOf(text: string, separator: ',' | ';'): readonly string[] {
  return text.match(separator === ',' ? /(?:[^,"]|"[^"]*")+/g : /(?:[^;"]|"[^"]*")+/g) ?? [];
}
