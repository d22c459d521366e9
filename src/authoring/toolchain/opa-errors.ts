import { isAbsolute } from 'node:path';
import { faultOf, type PolicyFault } from '../policy-fault.ts';

const HEADING = /^(?:error: )?(?:load error: )?(?:\d+ errors? occurred(?: during loading)?:\s*)?/;
const ERROR = /^(?<file>[^\n]+?\.rego):(?<line>\d+): (?<message>.+)$/;

/**
 * Parses the text with which `opa build`, `inspect` and `fmt` report faults: one line `file:line: message` each, followed by
 * the source line. There are no columns. Text that names no file of the policies becomes one fault of the folder.
 */
export function parseOpaErrors(text: string): PolicyFault[] {
  const faults = text.split('\n').flatMap((written) => {
    const { file = '', line = '', message = '' } = ERROR.exec(written.replace(HEADING, ''))?.groups ?? {};
    return file && !isAbsolute(file) ? [{ file, line: Math.max(Number(line), 1), column: 1, message }] : [];
  });
  return faults.length > 0 ? faults : [faultOf('.', text.trim().replace(HEADING, ''))];
}
