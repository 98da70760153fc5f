import { UserError } from '@simclr/stage';

/** What a dataset is made from is not on this machine, and nowhere to be fetched from. */
export class MissingSource extends UserError {}
