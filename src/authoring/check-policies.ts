import type { Sentences } from '../domain/catalogue.ts';
import { analysePolicies } from './analysis.ts';
import { checkControls } from './checks/control-check.ts';
import { checkData, findDataWarnings, readPolicyData } from './checks/data-check.ts';
import { checkFacts } from './checks/fact-check.ts';
import { checkKinds } from './checks/kind-check.ts';
import { checkRego } from './checks/rego-check.ts';
import { checkCompiled } from './compile/compile-folder.ts';
import { lineOf, type PolicyFault, PolicyFaults, policyInvalid } from './policy-fault.ts';
import { type PolicyFolder, type Sources, withSnapshot } from './policy-folder.ts';
import { readSentences } from './sentences.ts';
import { readAnnotations } from './toolchain/annotations.ts';
import { parseOpaErrors } from './toolchain/opa-errors.ts';
import type { Finished } from './toolchain/run.ts';

/**
 * Checks a folder of policies before anything is compiled: the Rego is strict and within our capabilities, and the data fit
 * their schemas. If the Rego passes, it also checks that METADATA names controls of the catalogue, that kinds are complete,
 * that no fact is taken from the request, and that everything compiles to WASM that answers as OPA does.
 *
 * Rejects with AppError `policy_invalid` whose message has one line `file:line:column: message` per fault. Where there is no
 * fault, `warn` gets one line `file:line:column: warning: message` for each probable mistake.
 *
 * @example await checkPolicies({ policiesDir: 'policies', opa: await findTool('opa'), warn: console.error });
 */
export async function checkPolicies(folder: PolicyFolder): Promise<void> {
  await withSnapshot(folder.policiesDir, (snapshot, sources) => checkSnapshot(folder, snapshot, sources));
}

/** Checks a snapshot of the folder as checkPolicies does. Returns the sentences for the codes that the policies report. */
export async function checkSnapshot(folder: PolicyFolder, snapshot: string, sources: Sources): Promise<Sentences> {
  const { policiesDir, opa, warn } = folder;
  const [rego, data] = await Promise.all([checkRego(snapshot, opa, sources), checkData(snapshot, sources)]);
  const meaning = rego.length === 0 ? await checkMeaning(snapshot, sources, opa).catch(faultsIn) : NO_MEANING;
  const faults = [...rego, ...data, ...meaning.faults];
  if (faults.length > 0) throw policyInvalid(policiesDir, faults);
  if (warn === undefined) return meaning.sentences;
  const warnings = findDataWarnings(await readPolicyData(snapshot, sources));
  for (const { message, ...at } of warnings) warn(lineOf(policiesDir, { ...at, message: `warning: ${message}` }));
  return meaning.sentences;
}

function faultsIn(error: unknown): Meaning {
  if (error instanceof PolicyFaults) return { ...NO_MEANING, faults: error.faults };
  throw error;
}

/** What is found in Rego without faults. */
interface Meaning {
  faults: readonly PolicyFault[];
  sentences: Sentences;
}

const NO_MEANING: Meaning = { faults: [], sentences: {} };

/** Checks that need Rego without faults. */
async function checkMeaning(snapshot: string, sources: Sources, opa: string): Promise<Meaning> {
  const [{ modules, rules, visits }, annotations, data] = await Promise.all([
    analysePolicies(snapshot, opa, sources),
    readAnnotations(snapshot, opa),
    readPolicyData(snapshot, sources),
  ]);
  const controls = await checkControls(snapshot, sources, annotations, visits);
  const compiled = await checkCompiled(rules, snapshot, opa);
  const { sentences, faults } = readSentences(visits, annotations);
  const facts = checkFacts(visits, modules).faults;
  return { sentences, faults: [...controls, ...faults, ...checkKinds(modules, data), ...facts, ...compiled] };
}

/**
 * Refuses policies that a tool could not read. Where `opa check` finds faults in them, the error names those, with lines and
 * columns; otherwise it repeats what the tool wrote. Always rejects with AppError `policy_invalid`.
 */
export async function refuseUnreadable(folder: PolicyFolder, { stdout, stderr }: Finished): Promise<never> {
  await checkPolicies(folder);
  throw policyInvalid(folder.policiesDir, parseOpaErrors(stderr || stdout));
}
