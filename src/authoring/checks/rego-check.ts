import { z } from 'zod';
import { faultOf, type PolicyFault } from '../policy-fault.ts';
import { SCHEMAS_FOLDER, type Sources } from '../policy-folder.ts';
import { CAPABILITIES_FILE, whyRefused } from '../toolchain/capabilities.ts';
import { locationSchema } from '../toolchain/opa-location.ts';
import { run } from '../toolchain/run.ts';

const reportSchema = z.object({
  errors: z.array(z.object({ message: z.string(), code: z.string().optional(), location: locationSchema.optional() })),
});

const IN_PARTS = ['--ignore', '*.json', '.'];
const AS_BUNDLE = ['--bundle', '.'];

/**
 * Checks Rego in strict mode, with schemas and within our capabilities. Returns the faults. The files are first checked one by
 * one, because OPA stops at the first file of a bundle that it cannot parse; then as a bundle, because only then does OPA find
 * rules that conflict with data.
 */
export async function checkRego(folder: string, opa: string, { schemas }: Sources): Promise<PolicyFault[]> {
  const strictly = ['--strict', '--format', 'json', '--max-errors', '0', '--capabilities', CAPABILITIES_FILE];
  const typed = schemas.length > 0 ? ['--schema', SCHEMAS_FOLDER] : [];
  for (const paths of [IN_PARTS, AS_BUNDLE]) {
    const args = ['check', ...strictly, ...typed, ...paths];
    const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
    if (code !== 0) return Promise.all(parseReport(stderr || stdout).map((error) => explain(error, opa)));
  }
  return [];
}

type ReportedError = z.output<typeof reportSchema>['errors'][number];

function parseReport(text: string): ReportedError[] {
  try {
    return reportSchema.parse(JSON.parse(text)).errors;
  } catch {
    return [{ message: `opa check failed: ${text.trim()}` }];
  }
}

async function explain({ code, message, location }: ReportedError, opa: string): Promise<PolicyFault> {
  const builtin = /^undefined function (\S+)$/.exec(message)?.[1];
  // The compiler uses an internal name for `print`.
  const name = builtin === 'internal.print' ? 'print' : builtin;
  const reason = name && (await whyRefused(opa, name));
  const text = [code, reason ? `undefined function ${name} (${reason})` : message].filter(Boolean).join(': ');
  return location ? { ...location, message: text } : faultOf('.', text);
}
