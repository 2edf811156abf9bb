/** One request to a subgraph, as it is told to whoever asked how an operation is executed. Times are in ms. */
export interface ExplainedRequest {
  /** After the request's own begin. */
  readonly startedMs: number;
  /** Until the answer was there, or it was clear that there is none; absent while it is under way. */
  tookMs?: number;
  readonly requestBytes: number;
  /** How many entities were asked for at once. */
  readonly entities?: number;
  answerBytes?: number;
  /** How often it was sent; absent where it was not sent for this operation alone. */
  tries?: number;
  /** The answer came from a request that was under way: of another client, or of this same operation. */
  shared?: 'between requests' | 'within the request';
  /** There is no answer. */
  error?: { readonly message: string; readonly code?: unknown };
  /** What the subgraph's answer said went wrong: that many errors. They are told in the answer's `errors`. */
  answeredErrors?: number;
}

/** `extensions.explain` of an answer. */
export interface Explained {
  readonly planning: { readonly tookMs: number; readonly remembered: boolean };
  /** From the operation's begin to the answer's last byte, planning included. */
  readonly totalMs: number;
  readonly plan: ExplainedNode | null;
}

/** A plan as JSON, each fetch with the requests that came of it. */
export type ExplainedNode =
  | { readonly kind: 'sequence' | 'parallel'; readonly nodes: readonly ExplainedNode[] }
  | ExplainedFetch
  /** Its node is for the objects at `path` of the answer; `@` is each element of a list. */
  | { readonly kind: 'flatten'; readonly path: string; readonly node: ExplainedNode }
  | {
      readonly kind: 'condition';
      /** The variable that decides. */
      readonly variable: string;
      readonly met?: ExplainedNode;
      readonly otherwise?: ExplainedNode;
    }
  /** `primary` makes the events, `rest` is what is fetched for each. */
  | { readonly kind: 'subscription'; readonly primary: ExplainedFetch; readonly rest?: ExplainedNode };

export interface ExplainedFetch {
  readonly kind: 'fetch';
  readonly subgraph: string;
  /** As it is sent. */
  readonly operation: string;
  /** Of an entity's fetch: what the subgraph is told of each entity. */
  readonly requires?: string;
  /** Empty where the plan had no need of it: there was nothing to ask for. */
  readonly requests: readonly ExplainedRequest[];
}
