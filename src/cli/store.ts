import { Command } from 'commander';
import { acceptLoss, checkStore, type StoreFiles } from './store-tools.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export interface StoreCommandParts {
  /** The data folder that is meant where none is named. */
  dataDir: () => string;
  filesOf: (dataDir: string) => StoreFiles;
  terminal: Terminal;
  finish: (code: ExitCode) => void;
}

interface StoreOptions {
  dataDir?: string;
}

/** `countersign store`: works on the data folder. */
export function storeCommand({ dataDir, filesOf, terminal, finish }: StoreCommandParts): Command {
  const command = new Command('store').description('check what is kept');
  command
    .command('check')
    .description(
      'check every record and row, whether the service runs or not; exit 0 fine, 1 faults, 3 it cannot be checked',
    )
    .option('--data-dir <dir>', 'the data folder; without it, the one that the service is configured to use')
    .action(async ({ dataDir: dir = dataDir() }: StoreOptions) => {
      const { records, cases, faults } = await checkStore(filesOf(dir), (fault) => terminal.out(fault));
      terminal.out(`${records} records, ${cases} cases: ${faults === 0 ? 'nothing is wrong' : `${faults} faults`}`);
      if (faults > 0) finish(EXIT.no);
    });
  command
    .command('accept-loss')
    .description(
      'let the service start on a database that lacks records that were answered; they are given up for good',
    )
    .option('--data-dir <dir>', 'the data folder; without it, the one that the service is configured to use')
    .option('--yes', 'do it; without it, only say what would be given up')
    .action(async ({ dataDir: dir = dataDir(), yes = false }: StoreOptions & { yes?: boolean }) => {
      const loss = await acceptLoss(filesOf(dir), yes);
      if (loss === null) return terminal.out('Nothing is missing; nothing was changed.');
      terminal.out(loss);
      if (yes) return terminal.out('This is accepted: the service starts from what is there.');
      terminal.out('Give it up with --yes, after a backup was tried and the data folder was copied.');
      finish(EXIT.no);
    });
  return command;
}
