/**
 * A program of somebody else against `countersign/client`. test/package.sh type-checks it in an empty project, with the types
 * of Node and with those of a browser, and runs it against a service: url, token and a file with a request.
 */
import { type Client, CountersignError, createClient, type ErrorCode, type FoundGrant } from '../src/client/client.ts';

/** Every code is one of the union: a typing mistake does not compile. */
const BUSY: readonly ErrorCode[] = ['overloaded', 'rate_limited', 'unreachable'];

export async function overdue(client: Client, signal: AbortSignal): Promise<FoundGrant[]> {
  const found: FoundGrant[] = [];
  for await (const grant of client.searchGrants({ state: 'overdue', limit: 10 }, { signal })) {
    const due: string | null = grant.grant_status.review_by;
    if (due !== null) found.push(grant);
  }
  return found;
}

/** Options that may be undefined, under exactOptionalPropertyTypes too. */
export function clientAt(url: string, token: string | undefined, timeoutMs?: number): Client {
  return createClient({ url, token, timeoutMs, tries: undefined, maxDelayMs: undefined });
}

export async function ask(url: string, token: string, request: Parameters<Client['decide']>[0]): Promise<string> {
  const client = createClient({ url, token });
  try {
    const { outcome, case: id, expires_at } = await client.decide(request, { idempotencyKey: `consumer-${token}` });
    const { seq, grant_status } = await client.getCase(id);
    const late = await overdue(client, AbortSignal.timeout(10_000));
    return `${outcome} until ${expires_at}, seq ${seq}, ${grant_status?.state}, ${late.length} overdue`;
  } catch (error) {
    if (error instanceof CountersignError && BUSY.includes(error.code)) return `busy: ${error.detail}`;
    throw error;
  }
}

export async function isMissing(url: string, token: string, id: string): Promise<boolean> {
  const found = createClient({ url, token }).getDecision(id);
  return found.then(
    (record) => 'statement' in record && record.statement === 'expiry',
    (error: unknown) => error instanceof CountersignError && error.code === 'not_found',
  );
}
