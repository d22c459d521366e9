import { isAbsolute } from 'node:path';
import { faultOf, type PolicyFault } from '../policy-fault.ts';

const HEADING = /^(?:error: )?(?:load error: )?(?:\d+ errors? occurred(?: during loading)?:\s*)?/;
const ERROR = /^(?<file>[^\n]+?\.rego):(?<line>\d+): (?<message>.+)$/;

/**
 * The faults that `opa build`, `inspect` and `fmt` tell in words: a line `file:line: message` for each, with what the line
 * says below it. They tell no column. What names no file of the policies is one fault that no line is to blame for.
 */
export function parseOpaErrors(text: string): PolicyFault[] {
  const faults = text.split('\n').flatMap((written) => {
    const { file = '', line = '', message = '' } = ERROR.exec(written.replace(HEADING, ''))?.groups ?? {};
    return file && !isAbsolute(file) ? [{ file, line: Math.max(Number(line), 1), column: 1, message }] : [];
  });
  return faults.length > 0 ? faults : [faultOf('.', text.trim().replace(HEADING, ''))];
}
