import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';
import type { Route } from './route.ts';

/** The OpenAPI 3.1 document of the routes, made from the schemas that check their input. */
export function createOpenApi(routes: readonly Route[], version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version,
      description: 'Access requests decided by policy as code; every answer is a signed record.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  });
}

function operationOf({ operation, scopes }: Route): ZodOpenApiOperationObject {
  const problem = { description: 'A problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problemSchema } } };
  const description =
    scopes === null ? 'Open to everybody.' : `Scope: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`;
  return {
    ...operation,
    description,
    security: scopes === null ? [] : [{ token: [] }],
    responses: { ...operation.responses, '4XX': problem, '5XX': problem },
  };
}
