import type { TrustedClock } from '../base/trusted-clock.ts';
import type { Route } from './route.ts';

/**
 * Makes a route answer 503 `clock_untrusted` while the clock is not trusted, whether the call needs the time or not: nothing
 * is decided, stored or reported by a wrong clock.
 */
export function requireClock(route: Route, clock: Pick<TrustedClock, 'now'>): Route {
  return {
    ...route,
    handle(call) {
      clock.now(); // Throws.
      return route.handle(call);
    },
  };
}
