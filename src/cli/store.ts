import { Command } from 'commander';
import { acceptLoss, checkStore, discardUpload, type StoreFiles } from './store-tools.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export interface StoreCommandParts {
  /** The data folder to use where the command line names none. */
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
  const command = new Command('store').description('check and repair the store');
  command
    .command('check')
    .description(
      'check every record and row, also while the service runs; exit 0 no faults, 1 faults, 3 the store cannot be checked',
    )
    .option('--data-dir <dir>', 'the data folder (default: COUNTERSIGN_DATA_DIR, else ./data)')
    .action(async ({ dataDir: dir = dataDir() }: StoreOptions) => {
      const { records, cases, faults } = await checkStore(filesOf(dir), (fault) => terminal.out(fault));
      terminal.out(`${records} records, ${cases} cases: ${faults === 0 ? 'no faults' : `${faults} faults`}`);
      if (faults > 0) finish(EXIT.no);
    });
  command
    .command('accept-loss')
    .description(
      'let the service start although records that it returned are missing from the database; the loss is permanent',
    )
    .option('--data-dir <dir>', 'the data folder (default: COUNTERSIGN_DATA_DIR, else ./data)')
    .option('--yes', 'accept the loss; without it, only list the missing records')
    .action(async ({ dataDir: dir = dataDir(), yes = false }: StoreOptions & { yes?: boolean }) => {
      const loss = await acceptLoss(filesOf(dir), yes);
      if (loss === null) return terminal.out('Nothing is missing; nothing was changed.');
      terminal.out(loss);
      if (yes) return terminal.out('The loss is accepted: the service starts with the records that are left.');
      terminal.out(
        'Nothing was changed. First try to restore a backup and copy the data folder; then accept the loss with --yes.',
      );
      finish(EXIT.no);
    });
  command
    .command('discard-upload')
    .description('discard the uploaded bundle, so that the configured bundle is active from the next start')
    .option('--data-dir <dir>', 'the data folder (default: the one that the service is configured to use)')
    .option('--yes', 'discard it; without this option, only show which upload would be discarded')
    .action(({ dataDir: dir = dataDir(), yes = false }: StoreOptions & { yes?: boolean }) => {
      const digest = discardUpload(filesOf(dir), yes);
      if (digest === null) return terminal.out('No uploaded bundle is active; nothing was changed.');
      if (yes) return terminal.out(`The configured bundle is active from the next start on, instead of ${digest}.`);
      terminal.out(`The uploaded bundle ${digest} is active. Discard it with --yes; its bytes stay.`);
      finish(EXIT.no);
    });
  return command;
}
