import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bounds } from './deciding/decision-pool.ts';
import { AppError } from './domain/errors.ts';
import { ALGORITHMS } from './evidence/jws.ts';
import type { ClientLimits, ConnectionLimits } from './http/limits.ts';
import { defaultCacheDir } from './policy/tool.ts';

const PREFIX = 'COUNTERSIGN_';

/** Kubernetes injects these for a Service of the name "countersign"; they are not ours. */
const FOREIGN = /^COUNTERSIGN_(SERVICE|PORT)(_|$)/;

const listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:[\]]+):\d{1,5}$/, 'use host:port, for example 127.0.0.1:8480')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'a port is at most 65535');

const schema = z.strictObject({
  LISTEN: listen.prefault('127.0.0.1:8480'),
  DATA_DIR: z.string().min(1).default('./data'),
  BUNDLE: z.string().min(1).optional(),
  ISSUER: z.string().min(1).max(512).default('urn:countersign:local'),
  OPA: z.string().min(1).optional(),
  URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8480'),
  TOKEN_FILE: z.string().min(1).optional(),
  SIGNING_ALG: z.enum(ALGORITHMS).default('ES256'),
  BODY_LIMIT_BYTES: z.coerce.number().int().min(1024).max(16_777_216).default(262_144),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).max(10_000_000).default(60_000),
  WRITE_BYTES_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 40)
    .default(128 * 2 ** 20),
  IN_FLIGHT_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .max(2 ** 34)
    .default(64 * 2 ** 20),
  LONG_READS: z.coerce.number().int().min(1).max(64).default(2),
  MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(4096),
  MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).max(1_000_000).optional(),
  REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000),
  ANSWER_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000),
  IDLE_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(5000),
  THREADS: z.coerce.number().int().min(1).max(64).optional(),
  EVALUATION_TIMEOUT_MS: z.coerce.number().int().min(10).max(60_000).default(250),
  EVALUATION_MEMORY_MIB: z.coerce.number().int().min(1).max(2048).default(64),
  MAX_WAITING: z.coerce.number().int().min(1).max(100_000).default(2048),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  METRICS_OPEN: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

export interface Config {
  listen: { host: string; port: number };
  dataDir: string;
  /** A file path or an http(s) URL; null means the bundle that comes with the program. */
  bundle: string | null;
  issuer: string;
  opa: string | null;
  url: string;
  tokenFile: string;
  signingAlg: (typeof ALGORITHMS)[number];
  clientLimits: ClientLimits;
  connectionLimits: ConnectionLimits;
  bounds: Bounds;
  logLevel: string;
  metricsOpen: boolean;
  /** Where built tools are kept between runs. */
  cacheDir: string;
}

/** Reads the environment, the only place that does. Throws AppError `config_invalid` that names every fault at once. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !FOREIGN.test(name));
  const result = schema.safeParse(Object.fromEntries(names.map((name) => [name.slice(PREFIX.length), env[name]])));
  if (!result.success)
    throw new AppError('config_invalid', `The configuration is not valid:\n${faultLines(result.error)}`);
  const values = result.data;
  return {
    listen: values.LISTEN,
    dataDir: values.DATA_DIR,
    bundle: values.BUNDLE ?? null,
    issuer: values.ISSUER,
    opa: values.OPA ?? null,
    url: values.URL,
    tokenFile: values.TOKEN_FILE ?? join(values.DATA_DIR, 'admin.token'),
    signingAlg: values.SIGNING_ALG,
    clientLimits: {
      bodyLimitBytes: values.BODY_LIMIT_BYTES,
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      writeBytesPerMinute: values.WRITE_BYTES_PER_MINUTE,
      inFlightBytes: values.IN_FLIGHT_BYTES,
      longReads: values.LONG_READS,
    },
    connectionLimits: {
      maxConnections: values.MAX_CONNECTIONS,
      maxConnectionsPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS ?? null,
      requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
      answerTimeoutMs: values.ANSWER_TIMEOUT_MS,
      idleTimeoutMs: values.IDLE_TIMEOUT_MS,
    },
    bounds: {
      // Beside the thread that speaks HTTP; two at least, so that a policy that never ends stops only one of them.
      threads: values.THREADS ?? Math.max(2, availableParallelism() - 1),
      timeoutMs: values.EVALUATION_TIMEOUT_MS,
      memoryBytes: values.EVALUATION_MEMORY_MIB * 2 ** 20,
      maxWaiting: values.MAX_WAITING,
    },
    logLevel: values.LOG_LEVEL,
    metricsOpen: values.METRICS_OPEN,
    cacheDir: defaultCacheDir(env),
  };
}

function faultLines(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `  ${PREFIX}${key}: there is no such setting`)
        : [`  ${PREFIX}${issue.path.join('.')}: ${issue.message}`],
    )
    .join('\n');
}
