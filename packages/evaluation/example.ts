// How a probe of frozen features is scored, and the paper's 45 strengths of its penalty.
import { METRICS, ProbeConfig } from '@simclr/evaluation';

console.log(METRICS.top_1_accuracy([0, 1, 1, 2], [0, 1, 2, 2])); // 0.75
console.log(ProbeConfig.parse({}).l2s.length); // 45
