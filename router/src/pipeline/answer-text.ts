import { HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FormatError } from '@cafe-for-me/lib/errors';
import { belongTo, formatAll, httpHeadOf } from '../errors.ts';
import type { Executed } from '../execute.ts';
import type { RequestContext } from '../request-context.ts';

/** An HTTP response as Apollo Server has them, or one whose body is bytes already. */
export type HttpAnswer = Omit<HTTPGraphQLResponse, 'body'> & {
  body: HTTPGraphQLResponse['body'] | { readonly kind: 'bytes'; readonly bytes: Buffer };
};

/** The JSON text of an answer: to the byte what Apollo Server would write. */
export function answerText({ data, errors, extensions }: Executed, format: FormatError): string {
  if (errors === undefined && extensions === undefined) return `{"data":${data}}`;
  const parts: string[] = [];
  if (errors !== undefined) parts.push(`"errors":${JSON.stringify(formatAll(errors, format))}`);
  if (data !== undefined) parts.push(`"data":${data}`);
  if (extensions !== undefined) parts.push(`"extensions":${JSON.stringify(extensions)}`);
  return `{${parts.join(',')}}`;
}

const plain = new Map<string, HeaderMap>();

/** Of all answers without errors; nobody may change them. There are few content types. */
function plainHeaders(contentType: string): HeaderMap {
  let headers = plain.get(contentType);
  if (headers === undefined) plain.set(contentType, (headers = new HeaderMap([['content-type', contentType]])));
  return headers;
}

/**
 * The same as an HTTP response, with the status that Apollo Server would give it.
 *
 * @param options.withoutData the status when there is no data and no error has a status of its own. @default 400
 */
export function httpAnswer(
  executed: Executed,
  options: { contentType: string; format: FormatError; context: RequestContext; withoutData?: number },
): HttpAnswer {
  const { contentType, format, context, withoutData = 400 } = options;
  const { answer, errors, extensions } = executed;
  if (answer !== undefined && errors === undefined && extensions === undefined) {
    return { headers: plainHeaders(contentType), body: { kind: 'bytes', bytes: answer } };
  }
  const { data } = executed;
  if (errors !== undefined) belongTo(context, errors);
  const headers = new HeaderMap([['content-type', contentType]]);
  const body = { kind: 'complete', string: answerText(executed, format) } as const;
  if (errors === undefined) return { headers, body };
  let status = data === undefined ? withoutData : undefined;
  for (const error of errors) {
    const head = httpHeadOf(error);
    status = head?.status ?? status;
    for (const [name, value] of head?.headers ?? []) headers.set(name, value);
  }
  return { ...(status !== undefined && { status }), headers, body };
}
