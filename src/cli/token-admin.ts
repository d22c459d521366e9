import type { AccessTokens } from '../auth/access-tokens.ts';
import { toAccessToken } from '../auth/shown-token.ts';
import { parseWith } from '../base/parse.ts';
import { type AccessToken, type TokenRequest, tokenRequestSchema } from '../contract/token.ts';
import type { AccessOptions, ServiceAccess } from './service-access.ts';

/** A requested token; omitted members get their defaults. */
export type WantedToken = Partial<TokenRequest> & Pick<TokenRequest, 'client' | 'scopes'>;

/** What the commands do with tokens: through a running service, or on the data folder itself. */
export interface TokenAdmin {
  /** Resolves to the token with its text, which is shown only once. */
  create(wanted: WantedToken): Promise<AccessToken & { token: string }>;
  list(): AsyncIterable<AccessToken>;
  revoke(id: string, reason?: string): Promise<AccessToken>;
  close(): Promise<void>;
}

export interface TokenAdminParts {
  /** The address of a service, from the environment. */
  environment: () => ServiceAccess;
  /** The service at an address, with a token; see connect. */
  service: (options: AccessOptions) => Promise<TokenAdmin>;
  /** The tokens of the data folder; null while a service runs on it. */
  folder: () => Promise<TokenAdmin | null>;
  /** The address of the service of the data folder, if it has written one. */
  folderUrl: () => string | null;
}

/** The tokens that a command means. */
export interface OpenedTokens extends TokenAdmin {
  /** Whether they are those of the data folder of this machine, whose bundle then says who their principals are. */
  isOfFolder: boolean;
}

/**
 * Opens the tokens that a command means: those of the service that the options or the environment name, else those of the
 * data folder. While a service runs on the folder it is asked, since it alone may write: it says in the folder where it
 * listens, and the token of the operator lies there.
 */
export async function openTokenAdmin(
  options: AccessOptions,
  { environment, service, folder, folderUrl }: TokenAdminParts,
): Promise<OpenedTokens> {
  const { url: defaultUrl, isNamed: isNamedByEnvironment } = environment();
  const isNamed = options.url !== undefined || options.tokenFile !== undefined || isNamedByEnvironment;
  const url = folderUrl();
  if (isNamed) return { ...(await service(options)), isOfFolder: isSame(options.url ?? defaultUrl, url) };
  return { ...((await folder()) ?? (await service(url === null ? {} : { url }))), isOfFolder: true };
}

function isSame(address: string, other: string | null): boolean {
  return other !== null && URL.parse(address)?.origin === URL.parse(other)?.origin;
}

/** Tokens of a store that this process owns: as its owner, it may grant everything. */
export function ownTokens(tokens: AccessTokens, close: () => Promise<void>): TokenAdmin {
  return {
    async create(wanted) {
      const request = parseWith(tokenRequestSchema, wanted, 'invalid_request', 'The token');
      const { text, token } = await tokens.create(request, null);
      return { ...toAccessToken(token), token: text };
    },
    async *list() {
      for (let after = -1; ; ) {
        const page = await tokens.list({ after, limit: PAGE });
        yield* page.map(toAccessToken);
        if (page.length < PAGE) return;
        after = page.at(-1)?.position ?? after;
      }
    },
    revoke: async (id, reason) => toAccessToken((await tokens.revoke(id, null, reason)).token),
    close,
  };
}

const PAGE = 100;
