import type { BuiltinError } from '../../domain/record.ts';
import { parseRfc3339Ns } from './time.ts';

/** A builtin gets parsed JSON (sets come as arrays) and returns JSON, or a bigint for an exact int64. It throws as OPA errs. */
export type Builtin = (...args: unknown[]) => unknown;

/** What an evaluation pins and collects. */
export interface BuiltinContext {
  nowNs: bigint;
  errors: BuiltinError[];
}

const PURE: Readonly<Record<string, Builtin>> = {
  'time.parse_rfc3339_ns': parseRfc3339Ns,
};

/** Names of the builtins that we add to those of OPA's WASM runtime; the capabilities file is made from them. */
export const PROVIDED_BUILTINS: readonly string[] = [...Object.keys(PURE), 'time.now_ns'].sort();

/** Identifies this set in records: it changes whenever an answer could. */
export const BUILTINS_VERSION = 'opa-wasm/1.10.0 countersign/1';

/**
 * The host functions of a WASM instance. `context` tells the evaluation that runs now. As in OPA, an error makes the call
 * undefined; it is kept, because a strict evaluation with errors is a deny.
 */
export function createBuiltins(context: () => BuiltinContext): Record<string, Builtin> {
  const table: Record<string, Builtin> = { ...PURE, 'time.now_ns': () => context().nowNs };
  return Object.fromEntries(
    Object.entries(table).map(([name, builtin]) => [
      name,
      (...args: unknown[]) => {
        try {
          return toHost(builtin(...args));
        } catch (error) {
          context().errors.push({ builtin: name, message: (error as Error).message });
          return undefined;
        }
      },
    ]),
  );
}

/** The package writes JSON text from an ArrayBuffer unread, which keeps int64 exact where a double would not. */
function toHost(value: unknown): unknown {
  return typeof value === 'bigint' ? new TextEncoder().encode(value.toString()).buffer : value;
}
