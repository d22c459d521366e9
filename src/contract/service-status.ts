import { z } from 'zod';

/** What readiness depends on, in the order in which it is checked. */
export const READINESS_CHECKS = ['threads', 'store', 'disk', 'damaged', 'file_handles', 'clock'] as const;
export type ReadinessCheckName = (typeof READINESS_CHECKS)[number];

/** Health and readiness are public: they return codes, and no path, name or id. */
export const serviceStatusSchema = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    reason: z
      .enum(['stopping', ...READINESS_CHECKS])
      .optional()
      .meta({ description: 'The first check that fails' }),
    policy_error: z.enum(['bundle_invalid']).optional().meta({
      description: 'The newest bundle was refused, and the previous one stays active; `GET /v1/policies` says why',
    }),
    example_organisation: z.literal(true).optional().meta({
      description: 'Sent while the active policy is for the shipped example organisation, whose people are fictional',
    }),
  })
  .meta({ id: 'ServiceStatus' });
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;

export const jwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        y: z.string().optional(),
        kid: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  })
  .meta({ id: 'Jwks', description: 'Public keys (RFC 7517), each named by its RFC 7638 thumbprint.' });
export type Jwks = z.infer<typeof jwksSchema>;
