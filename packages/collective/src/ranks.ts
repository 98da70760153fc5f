/** What needs no MPI: how many ranks are wanted, a job of one, and what ranks agree on. */
export type { Collective } from './collective.ts';
export { solo } from './collective.ts';
export { agreed, stopAgreed } from './job/agree.ts';
export { rankCount } from './job/rank-count.ts';
