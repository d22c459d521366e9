/** The parts of an OpenAPI 3.1 document that the generators read. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  description?: string;
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

export interface ApiOperation extends Operation {
  method: string;
  path: string;
  /** Content type and schema of the body; null where the call has none. */
  body: Content | null;
  /** Of the answer where the call succeeds. */
  answer: Content;
}

interface Content {
  type: string;
  schema: JsonSchema;
}

/** Every operation, in the order of the document. Where there are several content types, the first counts. */
export function operationsOf({ paths }: OpenApi): ApiOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      body: firstContent(operation.requestBody),
      answer: successOf(operation),
    })),
  );
}

function successOf({ operationId, responses }: Operation): Content {
  const [, response] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  const content = firstContent(response);
  if (content === null) throw new Error(`The call ${operationId} does not say what it answers.`);
  return content;
}

function firstContent(part: { content?: Record<string, { schema: JsonSchema }> } | undefined): Content | null {
  const [first] = Object.entries(part?.content ?? {});
  return first === undefined ? null : { type: first[0], schema: first[1].schema };
}

export function nameIn(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}
