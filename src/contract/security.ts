/** How OpenAPI 3.1 describes a way to authenticate. */
type SecurityScheme =
  | { type: 'http'; scheme: 'bearer' | 'basic'; description: string }
  | { type: 'apiKey'; in: 'header' | 'cookie'; name: string; description: string };

/** The ways in which callers can prove who they are, by the names under which calls ask for them. */
export const SECURITY_SCHEMES = {
  token: { type: 'http', scheme: 'bearer', description: 'An access token: `Authorization: Bearer cs_…`' },
} as const satisfies Record<string, SecurityScheme>;
export type SecuritySchemeName = keyof typeof SECURITY_SCHEMES;
