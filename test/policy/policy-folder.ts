import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const GOOD = fileURLToPath(new URL('fixtures/good', import.meta.url));

/** A policy that a service takes: it denies what it does not know. */
export const DECISION = `package approval

decision := {
	"tier": "critical",
	"score": 0,
	"factors": [],
	"denials": denials,
	"requirements": [],
	"eligible": [],
	"ineligible": [],
	"obligations": [],
	"controls": [],
	"facts": [],
}

denials contains {"code": "kind_unknown"} if not data.kinds[input.kind].known
`;
/** Kinds in the same package as a function: OPA compiles the reference to them to a module that does not open. */
const KINDS = `package kinds

pods.known.at if positive(1)

nodes.known.at if positive(2)

positive(number) if number > 0
`;
const DECIDING = {
  'approval/decision.rego': DECISION,
  'approval/decision_test.rego': null,
  'kinds/kinds.rego': KINDS,
};

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A folder of good policies in which some files are others, new, or (with null) gone. */
export async function policyFolder(changes: Record<string, string | null> = {}): Promise<string> {
  const folder = await temporaryFolder();
  await cp(GOOD, folder, { recursive: true });
  for (const [path, content] of Object.entries(changes)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await (content === null ? rm(file) : writeFile(file, content));
  }
  return folder;
}

/** The same with policies that a service takes. */
export function decidingFolder(changes: Record<string, string | null> = {}): Promise<string> {
  return policyFolder({ ...DECIDING, ...changes });
}
