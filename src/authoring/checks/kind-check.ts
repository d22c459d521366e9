import { escapePointer } from '../../base/json-text.ts';
import { faultOf, type PolicyFault } from '../policy-fault.ts';
import type { RegoModule } from '../toolchain/rego-modules.ts';
import type { PolicyData } from './data-check.ts';

const FOLDER = 'approval/kinds/';
const PACKAGE = ['approval', 'kinds'];
const RULE = 'decision';

/**
 * Finds mistakes because of which every request of a kind would be denied: the package of a folder
 * `approval/kinds/<action>/<resource type>` must have the name of the kind, a rule `decision` and settings, and settings must
 * have a package. Returns the faults.
 */
export function checkKinds(modules: readonly RegoModule[], { document, locate }: PolicyData): PolicyFault[] {
  const settings = settingsIn(document);
  const ofKinds = modules.filter(({ file, package: path }) => file.startsWith(FOLDER) || isOfKinds(path));
  const misnamed = ofKinds.flatMap(faultOfName);
  if (misnamed.length > 0) return misnamed;
  const kinds = Map.groupBy(ofKinds, ({ file }) => kindOfFile(file));
  const incomplete = [...kinds].flatMap(([kind, files]) => faultsOfKind(kind, files, kind in settings));
  const homeless = Object.keys(settings).filter((kind) => !kinds.has(kind));
  const strays = homeless.map((kind) => ({
    ...locate(`/config/kinds/${escapePointer(kind)}`),
    message: `${settingsOf(kind)} belongs to no kind: there is no package ${packageOf(kind)}`,
  }));
  return [...incomplete, ...strays];
}

/** The kinds that have a folder, for example `issue/api_key`, sorted. */
export function kindsIn(modules: readonly RegoModule[]): string[] {
  return [...new Set(modules.map(({ file }) => kindOfFile(file)).filter(Boolean))].sort();
}

function faultsOfKind(kind: string, files: readonly RegoModule[], isSet: boolean): PolicyFault[] {
  const folder = `${FOLDER}${kind}`;
  const first = files.find(({ file }) => file === `${folder}/${RULE}.rego`)?.file ?? files[0]?.file ?? folder;
  const decides = files.some(({ package: path, rules }) => {
    return (
      path.length === PACKAGE.length + 1 && rules.some(({ name, arity }) => isDecision(name) && arity === undefined)
    );
  });
  return [
    ...(decides
      ? []
      : [faultOf(first, `package ${packageOf(kind)} has no rule ${RULE}: every request would be denied`)]),
    ...(isSet
      ? []
      : [faultOf(first, `the kind has no settings: neither ${folder}/config.json nor ${settingsOf(kind)}`)]),
  ];
}

function faultOfName({ file, text, package: path }: RegoModule): PolicyFault[] {
  const kind = kindOfFile(file);
  const written = text.split('\n').findIndex((line) => /^\s*package\s/.test(line));
  const fault = (message: string) => [{ file, line: Math.max(written, 0) + 1, column: 1, message }];
  if (!kind) return fault(`a kind has the folder ${FOLDER}<action>/<resource type>/; this file is in another folder`);
  const isNamed = isOfKinds(path) && path[PACKAGE.length] === kind;
  return isNamed ? [] : fault(`package ${nameOf(path)} does not match the folder: here it must be ${packageOf(kind)}`);
}

/** Empty for a file outside of the folders of kinds. */
function kindOfFile(file: string): string {
  const [action, type, ...rest] = file.startsWith(FOLDER) ? file.slice(FOLDER.length).split('/') : [];
  return action && type && rest.length > 0 ? `${action}/${type}` : '';
}

function isOfKinds(path: readonly string[]): boolean {
  return PACKAGE.every((step, index) => path[index] === step);
}

function isDecision(name: readonly string[]): boolean {
  return name.length === 1 && name[0] === RULE;
}

function packageOf(kind: string): string {
  return nameOf([...PACKAGE, kind]);
}

function settingsOf(kind: string): string {
  return nameOf(['data', 'config', 'kinds', kind]);
}

/** The path in Rego syntax. */
function nameOf(path: readonly string[]): string {
  return path
    .map((step, index) =>
      /^[A-Za-z_]\w*$/.test(step) ? `${index > 0 ? '.' : ''}${step}` : `[${JSON.stringify(step)}]`,
    )
    .join('');
}

function settingsIn(document: unknown): Readonly<Record<string, unknown>> {
  const { config } = document as { config?: { kinds?: Record<string, unknown> } };
  return config?.kinds ?? {};
}
