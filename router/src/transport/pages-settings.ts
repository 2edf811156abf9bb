import { z } from 'zod';

/** What must not be taken away from the router itself, nor all of the pages. */
const ownPaths = /^\/(?:(?:graphql|health|playground|metrics|demo)(?:\/|$)|$)/;

const targets = z
  .record(z.string(), z.url({ protocol: /^https?$/ }))
  .default({})
  .superRefine(function checkPaths(forward, context) {
    for (const path of Object.keys(forward)) {
      const message = ownPaths.test(path)
        ? "is the router's own"
        : /^(?:\/[\w.~-]+)+$/.test(path)
          ? undefined
          : 'is no path such as /some/service';
      if (message !== undefined) context.addIssue({ code: 'custom', path: [path], message });
    }
  })
  .describe(
    'What the pages need beside the graph, { path: address }: GET, PUT and POST below a path of the router go to the address, without the path. Without authorization and cookies, and writes only from pages of the same host.',
  );

/** Pages at the router's own address, and what they need there. */
export const pagesSettings = z.strictObject({
  directory: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A folder of built pages, with an index.html that is also the answer where a browser wants a page and there is no such file. Files named by their content below /assets/ are kept by browsers for good.',
    ),
  forward: targets,
  forwardTimeoutMs: z.int().min(1).default(10_000).describe('How long a forwarded request may take, to its last byte.'),
});

export type PagesSettings = z.output<typeof pagesSettings>;

/**
 * `pages.forward` as the environment has it: a JSON object, or `path=address` with commas between.
 *
 * @returns what was given, when it is neither: the schema has a sentence for it
 */
export function forwardFromText(text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  const pairs = text.split(',').map((pair) => /^\s*([^=]+)=(.+?)\s*$/.exec(pair)?.slice(1));
  return pairs.includes(undefined) ? text : Object.fromEntries(pairs as [string, string][]);
}
