import { z } from 'zod';

export const plannerSettings = z.strictObject({
  maxPlans: z.int().min(1).default(2_000).describe('Plans that are remembered; the least used goes first.'),
  maxSelections: z
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Fields and fragments of an operation, each as often as it is spread; an operation with more is refused.',
    ),
  maxEvaluatedPlans: z
    .int()
    .min(1)
    .default(1_000)
    .describe(
      'Ways to fetch an operation that are compared. With fewer, planning ends sooner, but the plan may be worse.',
    ),
  maxPaths: z
    .int()
    .min(1)
    .default(2_000)
    .describe('Ways through the subgraphs to one field; an operation with more is refused.'),
  maxPlanningMs: z
    .int()
    .min(1)
    .default(1_500)
    .describe('For planning one operation, during which nothing else runs; an operation that takes longer is refused.'),
  overrideLabels: z
    .record(z.string(), z.number().min(0).max(100))
    .default({})
    .describe(
      'For which share of requests, in percent, a label of @override is on. Labels like "percent(5)" say so themselves.',
    ),
});

export type PlannerSettings = z.output<typeof plannerSettings>;
