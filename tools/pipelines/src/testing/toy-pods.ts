import { randomUUID } from 'node:crypto';
import type { V1EnvVar, V1Job, V1Pod, V1PodFailurePolicyRule } from '@kubernetes/client-node';

const LABEL = 'batch.kubernetes.io/';
export const now = () => new Date().toISOString() as unknown as Date;

/** How often an index was begun again: for its own sake, and for that of its node. */
export interface Restarts {
  failures: number;
  disruptions: number;
}

/** The pod that Kubernetes makes for an index of a Job. */
export function podOf(job: V1Job, index: number, { failures, disruptions }: Restarts): V1Pod {
  const { name, namespace, uid } = job.metadata!;
  const { template } = job.spec!;
  const at = { [`${LABEL}job-completion-index`]: String(index) };
  const labels = {
    ...template.metadata?.labels,
    ...at,
    [`${LABEL}job-name`]: name!,
    [`${LABEL}controller-uid`]: uid!,
  };
  const annotations = {
    ...{ ...at, [`${LABEL}job-index-failure-count`]: String(failures) },
    ...(disruptions ? { [`${LABEL}job-index-ignored-failure-count`]: String(disruptions) } : {}),
  };
  const metadata = { name: `${name}-${index}-${randomUUID().slice(0, 5)}`, namespace, labels, annotations };
  return {
    metadata: { ...metadata, creationTimestamp: now() },
    spec: structuredClone(template.spec!),
    status: { phase: 'Pending' },
  };
}

export const unschedulable = {
  type: 'PodScheduled',
  status: 'False',
  ...{ reason: 'Unschedulable', message: 'Insufficient cpu' },
};

export const status = (name: string, state: object) => ({
  name,
  state,
  ready: true,
  restartCount: 0,
  image: '',
  imageID: '',
});
export const isActive = ({ status }: V1Pod) => /^(Pending|Running)$/.test(status!.phase!);
export const cpuOf = ({ spec }: V1Pod): number => Number(spec!.containers[0]!.resources?.requests?.cpu ?? 0);

export function fits(
  { onPodConditions, onExitCodes }: V1PodFailurePolicyRule,
  { status }: V1Pod,
  code?: number,
): boolean {
  if (onPodConditions) return onPodConditions.some((one) => status!.conditions?.some(({ type }) => type === one.type));
  if (!onExitCodes || code === undefined) return false;
  return onExitCodes.values.includes(code) === (onExitCodes.operator === 'In');
}

/** What the manifest says, and the index, which Kubernetes adds. */
export function environment({ metadata }: V1Pod, variables: readonly V1EnvVar[]): Record<string, string> {
  const pairs = variables.map(({ name, value, valueFrom }) => {
    const [, annotation] = /^metadata\.annotations\['(.+)'\]$/.exec(valueFrom?.fieldRef?.fieldPath ?? '') ?? [];
    return [name, value ?? metadata!.annotations![annotation!] ?? ''];
  });
  const index = metadata!.annotations![`${LABEL}job-completion-index`]!;
  return { PATH: '/usr/bin:/bin', ...Object.fromEntries(pairs), JOB_COMPLETION_INDEX: index };
}

/** As Kubernetes writes them: 1,3-5. */
export function indexes(of: ReadonlySet<number>): string {
  const ranges: [number, number][] = [];
  for (const index of [...of].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(',');
}
