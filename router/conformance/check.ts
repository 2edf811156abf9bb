import { isDeepStrictEqual } from 'node:util';
import { prettyFormatQueryPlan } from '@apollo/query-planner';
import {
  GraphQLError,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
  visit,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { Answers } from './answer.ts';
import { differencesFromStock, differencesFromWhole, isPartOf, unexplainedNulls } from './compare.ts';
import type { Faults } from './faults.ts';
import { createRun, type Run } from './run.ts';
import type { Asked, Setup } from './setup.ts';

/** An operation and all that happens while it runs. */
export interface Trial {
  readonly asked: Asked;
  readonly faults?: Faults;
  /** Subgraphs that answer nothing. */
  readonly down?: readonly string[];
  /** They don't even fail to answer, but refuse each request with an error. */
  readonly refusing?: boolean;
  /** Makes answers come late, in an order of its own for each text. */
  readonly lateness?: string;
  /** Whether stock and the whole schema are a measure for this. */
  readonly against: { readonly stock: boolean; readonly whole: boolean };
}

export interface Outcome {
  /** Set when the operation can't be planned, or not in time. */
  readonly refused?: true;
  /** In sentences; none when all is well. */
  readonly differences: readonly string[];
  readonly fromStock: readonly string[];
  readonly ours: Answers | Error;
  readonly stock: Answers | Error | undefined;
  readonly whole: Answers | Error;
}

export function askedOf(text: string, variables: Readonly<Record<string, unknown>> = {}): Asked {
  return { text, document: parse(text), variables };
}

export function isValid(schema: GraphQLSchema, { document }: Asked): boolean {
  try {
    return validate(schema, document).length === 0;
  } catch {
    // graphql-js throws where a subscription's root field has a condition.
    return false;
  }
}

/** Apollo's planner takes minutes for some operations, and fails assertions of its own for a few others: stock knows no better. */
const unplanned: ReadonlySet<unknown> = new Set(['OPERATION_TOO_COMPLEX', 'OPERATION_UNPLANNABLE']);

/** Executes an operation in all three ways and compares the answers. */
export async function tryOut(setup: Setup, trial: Trial): Promise<Outcome> {
  const { asked, faults, down = [], refusing = false, lateness, against } = trial;
  const runOf = (sound = false): Run =>
    createRun(setup.fixture.world(), {
      ...(faults !== undefined && { faults }),
      ...(!sound && { down, refusing }),
      ...(lateness !== undefined && { lateness }),
    });
  const wholeRun = runOf(true);
  const whole = await caught(setup.whole(asked, wholeRun));
  const [ourRun, stockRun] = [runOf(), runOf()];
  const ours = await caught(setup.ours(asked, ourRun));
  if (ours instanceof GraphQLError && unplanned.has(ours.extensions['code'])) {
    return { refused: true, differences: [], fromStock: [], ours, stock: undefined, whole };
  }
  const stock = against.stock ? await caught(setup.stock(asked, stockRun)) : undefined;

  const names = new Set([...setup.names, ...responseNames(asked.document)]);
  // A plan may fetch more than the client asked for; what fails of it is told by stock, too.
  const stockErrors = stock === undefined || stock instanceof Error ? [] : stock.flatMap(({ errors }) => errors);
  const failed = new Set([...wholeRun.failed, ...stockErrors.map(({ path }) => JSON.stringify(path))]);
  // What a mutation gives may depend on another one, whose subgraph is down.
  const isRead = getOperationAST(asked.document)?.operation !== OperationTypeNode.MUTATION;
  const differences: string[] = [];
  const fromStock: string[] = [];
  if (ours instanceof Error) return { differences: ['ours throws'], fromStock: ['ours throws'], ours, stock, whole };
  if (whole instanceof Error) return { differences: ['the whole schema throws'], fromStock, ours, stock, whole };
  if (whole.length !== ours.length) differences.push(`${ours.length} answers, not ${whole.length}`);
  ours.forEach((answer, index) => {
    const other = whole[index];
    if (other === undefined) return;
    if (down.length > 0) {
      differences.push(...unexplainedNulls(answer, other));
      if (isRead && !isPartOf(answer.data, other.data)) differences.push('data that nobody has');
    } else if (against.whole) differences.push(...differencesFromWhole(answer, other, failed, names));
  });
  const mayBeLess = down.length > 0 && setup.fixture.less !== undefined;
  if (stock instanceof Error) {
    // What it makes of holes may break it: an alias that takes a key's name, for one. Then there is nothing to compare with.
    if (down.length === 0) fromStock.push('stock throws');
  }
  // Two plans that go to other subgraphs lose other fields with one of them.
  else if (down.length > 0 && !isDeepStrictEqual(ourRun.reached, stockRun.reached)) fromStock.length = 0;
  else if (mayBeLess && isPartOf(ours[0]?.data, stock?.[0]?.data)) fromStock.length = 0;
  else if (stock?.[0] !== undefined && ours[0] !== undefined)
    fromStock.push(...differencesFromStock(ours[0], stock[0]));
  return { differences, fromStock, ours, stock, whole };
}

function responseNames(document: DocumentNode): string[] {
  const names: string[] = [];
  visit(document, { Field: ({ alias, name }) => void names.push((alias ?? name).value) });
  return names;
}

async function caught(answers: Promise<Answers>): Promise<Answers | Error> {
  try {
    return await answers;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** All that one needs to look into a difference. */
export function report(setup: Setup, { asked, down = [], refusing }: Trial, outcome: Outcome): string {
  const { ours, stock, whole } = outcome;
  const shown = (answers: Answers | Error | undefined): string => {
    if (answers instanceof Error) return answers.stack ?? answers.message;
    return (answers ?? [])
      .map(({ data, errors, completion }) => {
        const told = [...errors, ...completion].map(({ message, path }) => `  ${JSON.stringify(path)} ${message}`);
        return [JSON.stringify(data), ...told].join('\n');
      })
      .join('\n');
  };
  return [
    `fixture "${setup.fixture.name}": ${[...outcome.differences, ...outcome.fromStock].join('; ')}`,
    asked.text.trim(),
    `variables ${JSON.stringify(asked.variables)}${down.length > 0 ? `, ${refusing === true ? 'refusing' : 'down'}: ${down.join(', ')}` : ''}`,
    prettyFormatQueryPlan(setup.plan(asked)),
    `ours   ${shown(ours)}`,
    `stock  ${shown(stock)}`,
    `whole  ${shown(whole)}`,
  ].join('\n');
}
