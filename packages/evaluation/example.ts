// The paper's 45 strengths of the penalty of a probe.
import { ProbeConfig } from '@simclr/evaluation';

console.log(ProbeConfig.parse({}).l2s.length); // 45
