import { z } from 'zod';
import { answerSchema } from './answer.ts';
import { problemSchema } from './problem.ts';
import { requestSchema } from './request.ts';

/** How many requests a batch may hold. */
export const MAX_BATCH = 256;

export const batchSchema = z
  .strictObject({ requests: z.array(requestSchema).min(1).max(MAX_BATCH) })
  .meta({ id: 'DecisionBatch', description: 'Access requests that are decided independently of each other.' });

export const batchResultsSchema = z
  .strictObject({
    results: z.array(z.union([z.strictObject({ answer: answerSchema }), z.strictObject({ problem: problemSchema })])),
  })
  .meta({ id: 'DecisionBatchResults', description: 'One result for each request, in the same order.' });
