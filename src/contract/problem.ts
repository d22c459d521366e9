import { z } from 'zod';
import { CALLER_ERROR_CODES } from '../base/errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

const faultSchema = z
  .strictObject({
    pointer: z.string().meta({ description: 'Where the input is wrong: a JSON Pointer (RFC 6901)' }),
    code: z.string().meta({ description: 'The rule that the input breaks' }),
    detail: z.string().meta({ description: 'The rule as a sentence' }),
  })
  .meta({ id: 'Fault', description: 'One place at which the input is wrong.' });

export const problemCodeSchema = z
  .enum(CALLER_ERROR_CODES)
  .meta({ id: 'ProblemCode', description: 'What went wrong. Codes are stable; titles and details are for people.' });

/** Why a call failed (RFC 9457), with a stable `code` and, for bad input, a fault for each place. */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: '`urn:countersign:problem:` and the code' }),
    title: z.string().meta({ description: 'The same sentence for every problem with this code' }),
    status: z.int().meta({ description: 'The HTTP status' }),
    code: problemCodeSchema,
    detail: z.string().meta({ description: 'What went wrong with this call' }),
    errors: z.array(faultSchema).optional(),
  })
  .meta({ id: 'Problem', description: 'Why a call failed (RFC 9457).' });
export type Problem = z.infer<typeof problemSchema>;
