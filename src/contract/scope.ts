/** What an access token lets its holder do. */
export const SCOPES = ['decide', 'read', 'approve', 'approve:assert', 'review', 'revoke', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
