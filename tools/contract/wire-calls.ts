import { type ApiOperation, type JsonSchema, nameIn, type OpenApi, operationsOf } from './open-api.ts';

const HEAD = `/*
 * How each call is made, and the shape that its answer must have.
 * Written by \`npm run contract\` from src/contract. Do not edit.
 */
import type { Calls } from './wire.ts';
`;

const TYPES = `
/** A shape of JSON: the part of JSON Schema that says which members and types an answer has. */
export interface Shape {
  ref?: string;
  types?: readonly string[];
  values?: readonly unknown[];
  anyOf?: readonly Shape[];
  members?: { readonly [name: string]: Shape };
  required?: readonly string[];
  items?: Shape;
}

export interface CallForm {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** The content type of the body; null where the call has none. */
  bodyType: string | null;
  /** Whether an idempotency key makes it safe to repeat. */
  takesKey: boolean;
  /** Whether a token has to be sent. */
  needsToken: boolean;
  /** The statuses with which the call is answered; every other one is a failure. */
  statuses: readonly number[];
  answerType: string;
  answer: Shape;
}
`;

/** The text of src/client/wire-calls.ts. */
export function wireCalls(
  document: OpenApi & { paths: Record<string, Record<string, { security?: unknown[] }>> },
): string {
  const operations = operationsOf(document);
  const forms = operations.map((operation) => `${operation.operationId}: ${JSON.stringify(formOf(operation))}`);
  const shapes = reachable(
    document,
    operations.map(({ answer }) => answer.schema),
  ).map(([name, schema]) => `${name}: ${JSON.stringify(shapeOf(schema))}`);
  return [
    HEAD,
    TYPES,
    `export const CALL_FORMS: Readonly<Record<keyof Calls, CallForm>> = {${forms.join(',')}};`,
    '/** The shapes that others refer to by name. */',
    `export const SHAPES: Readonly<Record<string, Shape>> = {${shapes.join(',')}};`,
  ].join('\n');
}

function formOf(operation: ApiOperation & { security?: unknown[] }) {
  const { method, path, body, answer, parameters = [], responses, security = [] } = operation;
  return {
    method,
    path,
    bodyType: body?.type ?? null,
    takesKey: parameters.some(({ name }) => name === 'idempotency-key'),
    needsToken: security.length > 0,
    statuses: Object.keys(responses).map(Number).filter(Number.isInteger),
    answerType: answer.type,
    answer: shapeOf(answer.schema),
  };
}

/** Descriptions, patterns and bounds are left out: they say nothing of the shape. */
function shapeOf(schema: JsonSchema): object {
  const { $ref, type, enum: values, const: constant, anyOf = schema.oneOf, properties, required, items } = schema;
  if ($ref !== undefined) return { ref: nameIn($ref) };
  if (constant !== undefined) return { values: [constant] };
  if (values !== undefined) return { values };
  if (anyOf !== undefined) return { anyOf: anyOf.map(shapeOf) };
  return {
    ...(type !== undefined && { types: [type].flat() }),
    ...(properties && {
      members: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, shapeOf(each)])),
    }),
    ...(required && { required }),
    ...(items && { items: shapeOf(items) }),
  };
}

function reachable({ components }: OpenApi, roots: readonly JsonSchema[]): [string, JsonSchema][] {
  const found = new Map<string, JsonSchema>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { $ref } = value as JsonSchema;
    const name = typeof $ref === 'string' ? nameIn($ref) : null;
    const schema = name === null ? undefined : components.schemas[name];
    if (name !== null && schema !== undefined && !found.has(name)) {
      found.set(name, schema);
      visit(schema);
    }
    for (const each of Object.values(value)) visit(each);
  };
  for (const root of roots) visit(root);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
