import type { Command } from '@simclr/command-line';

/** What `npm run datasets` takes; all options but `json` are of `check`. */
export const DATASETS_COMMAND = {
  names: ['[check]', '[name or folder…]'],
  options: {
    from: { value: '<folder>', many: true, says: 'where archives are' },
    against: { value: '<name or folder>', says: 'look for images of it among those that are checked' },
    repacked: { says: 'archives may have been packed anew' },
    sheet: { value: '<file.png>', says: 'draw the duplicates that were found' },
    json: { says: 'for programs: JSON on standard output' },
  },
  says: 'published datasets on this machine; check: wrong files, labels, duplicates',
  example: 'datasets check dtd ~/pictures --from /data/archives',
} as const satisfies Command;
