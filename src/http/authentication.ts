import type { Authenticator, CallHead, IdentifiedCaller } from '../auth/authenticator.ts';
import { AppError } from '../base/errors.ts';
import type { Route } from './route.ts';

/** The ways to authenticate, by the names under which routes ask for them. */
export type Authenticators = Readonly<Record<string, Authenticator>>;

/** A caller, and the authenticator that identified them. */
export interface Identification {
  identified: IdentifiedCaller;
  authenticator: Authenticator;
}

/** How the callers of each route are identified. */
export interface Authentication {
  /**
   * Asks the authenticators of the route in turn; the first for which the call holds credentials answers. Resolves to null
   * for a public route. Rejects with AppError `unauthenticated`.
   */
  identify(route: Route, head: CallHead): Promise<Identification | null>;
  /** The values of WWW-Authenticate, one for each way in which callers of the route can authenticate. */
  challenges(route: Route): string[];
}

/** Throws if a route names an unknown authenticator: no caller could use it. */
export function createAuthentication(routes: readonly Route[], authenticators: Authenticators): Authentication {
  const byRoute = new Map(routes.map((route) => [route, route.auth.map((name) => find(authenticators, name))]));
  const of = (route: Route) => byRoute.get(route) ?? [];
  return {
    async identify(route, head) {
      const ways = of(route);
      for (const authenticator of ways) {
        const identified = await authenticator.identify(head);
        if (identified !== null) return { identified, authenticator };
      }
      if (route.auth.length === 0) return null;
      throw new AppError('unauthenticated', `Send ${ways.map(({ credentials }) => credentials).join(', or ')}.`);
    },
    challenges: (route) => of(route).map(({ challenge }) => challenge),
  };
}

function find(authenticators: Authenticators, name: string): Authenticator {
  const found = authenticators[name];
  if (found === undefined) throw new Error(`No authenticator has the name ${name}.`);
  return found;
}
