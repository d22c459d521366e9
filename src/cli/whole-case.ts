import type { Case, Client } from '../client/client.ts';

/** All pages of a case as one; its head is that of the last page, so that it is the one of the last record. */
export async function wholeCase(client: Pick<Client, 'getCase'>, id: string): Promise<Case> {
  let page = await client.getCase(id);
  const chain: Case['chain'] = [...page.chain];
  while (page.next_after !== null) {
    page = await client.getCase(id, { after: page.next_after });
    chain.push(...page.chain);
  }
  return { ...page, chain };
}
