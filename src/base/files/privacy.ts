import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';

const ALL_OF_OTHERS = 0o007;
const ALL_OF_GROUP = 0o070;
const WRITE_OF_OTHERS = 0o002;
const SET_GROUP_ID = 0o2000;

/**
 * The command that makes a file or folder private; null if it is private already (or on Windows, where nothing is checked).
 *
 * Other users may do nothing. The group may do nothing either, unless the folder around it passes its group on to new files
 * (setgid) and this process is a member: that is how Kubernetes gives a volume to a pod (`fsGroup`), where each start gives
 * the group access to every file again.
 */
export function lackOfPrivacy(path: string): string | null {
  if (process.platform === 'win32') return null;
  const stat = statSync(path);
  const groupIsShared = () => isShared(statSync(dirname(path))) && statSync(dirname(path)).gid === stat.gid;
  const ofGroup = stat.mode & ALL_OF_GROUP && !groupIsShared() ? ALL_OF_GROUP : 0;
  return commandFor(path, stat, ALL_OF_OTHERS | ofGroup);
}

/**
 * Refuses a data folder that others can use, with all that is in it: throws AppError `config_invalid` with a command for each
 * fault. The folder itself may belong to another user and be shared by setgid (root owns a volume of Kubernetes); others may
 * then read the folder, since everything in it is private, but never write.
 */
export function requirePrivateFolder(dataDir: string, names: readonly string[]): void {
  const commands = [lackOfFolder(dataDir), ...names.map((name) => lackOfEntry(join(dataDir, name)))];
  const faults = commands.filter((command) => command !== null);
  if (faults.length === 0) return;
  throw new AppError(
    'config_invalid',
    `Other users can read or change what must be private to the service. Run:\n  ${faults.join('\n  ')}`,
  );
}

function lackOfFolder(dataDir: string): string | null {
  if (process.platform === 'win32') return null;
  const stat = statSync(dataDir);
  const shared = isShared(stat);
  const isOurs = stat.uid === process.geteuid?.();
  const ofOthers = shared && !isOurs ? WRITE_OF_OTHERS : ALL_OF_OTHERS;
  return commandFor(dataDir, stat, ofOthers | (shared ? 0 : ALL_OF_GROUP));
}

function lackOfEntry(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? null : lackOfPrivacy(path);
}

/** Whether a folder passes its group on to new files, and this process is in that group. */
function isShared({ mode, gid }: Stats): boolean {
  return (mode & SET_GROUP_ID) !== 0 && [process.getegid?.(), ...(process.getgroups?.() ?? [])].includes(gid);
}

function commandFor(path: string, { mode }: Stats, forbidden: number): string | null {
  if ((mode & forbidden) === 0) return null;
  return `chmod ${forbidden & ALL_OF_GROUP ? 'go-rwx' : 'o-rwx'} '${path.replaceAll("'", "'\\''")}'`;
}
