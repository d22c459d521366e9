import type { TokenPage } from '../client/client.ts';
import { type AccessOptions, connect, type ServiceAccess } from './service-access.ts';
import type { TokenAdmin } from './token-admin.ts';

/** The tokens of the service that the options name, else the environment. Throws as connect. */
export async function connectTokenAdmin(options: AccessOptions, environment: () => ServiceAccess): Promise<TokenAdmin> {
  const client = await connect(options, environment);
  return {
    create: (wanted) => client.createToken(wanted),
    async *list() {
      for (let after: number | null = -1; after !== null; ) {
        const page: TokenPage = await client.listTokensPage({ after });
        yield* page.tokens;
        after = page.next_after;
      }
    },
    revoke: (id, reason = '') => client.revokeToken(id, { reason }),
    close: async () => {},
  };
}
