/** A Python dict or OrderedDict. */
export type Dict = Map<unknown, unknown>;

/** A class or function that a pickle names and nothing stands in for. It is never looked up: its name is all that there is of it. */
export class PickledGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What such a class or function would have made: the data that the pickle has for it, as it is. */
export class PickledObject {
  readonly name: string;
  readonly args: unknown;
  /** Its attributes, where the pickle sets them; usually a dict. */
  state: unknown;
  /** Its items, where it is a kind of dict. */
  readonly entries: Dict = new Map();

  constructor(maker: unknown, args: unknown) {
    this.name = maker instanceof PickledGlobal ? maker.name : '';
    this.args = args;
  }
}
