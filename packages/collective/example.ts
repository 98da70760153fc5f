// The interface of one process, which is that of many: sums are what it has.
import { solo } from '@simclr/collective';

const gradient = Float32Array.of(1, 2, 3);
await solo.allReduce(gradient);
console.log(`rank ${solo.rank} of ${solo.size}: ${gradient}`); // rank 0 of 1: 1,2,3
