/** The scopes of an access token. */
export const SCOPES = ['decide', 'read', 'approve', 'approve:assert', 'review', 'revoke', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
