import type { Bench } from '../bench.ts';
export const pretrain: Bench = {
  name: 'pretrain',
  about: '',
  async run() {
    return [];
  },
};
