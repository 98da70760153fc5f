import type { V1EnvVar, V1Job } from '@kubernetes/client-node';
import { batchScript } from './batch-script.ts';
import type { Resources } from './capacity.ts';
import type { Batch } from './launcher.ts';
import { EXIT_INTERRUPTED } from './stop-signals.ts';

/** Of a Job's pods: what they are called in their Job's selector, and of which of its items they are. */
export const JOB_LABEL = 'batch.kubernetes.io/job-name';
export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index';
/** How often Kubernetes has replaced a pod, by whether it was the pod's fault. Absent for never. */
export const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
export const DISRUPTIONS = 'batch.kubernetes.io/job-index-ignored-failure-count';

// A stage that was told to stop has a minute to write its checkpoint, and some seconds to end.
const GRACE_S = 90;
/** A pod that ends without an exit code, as a node refuses it, is replaced so often. */
const RETRIES = 5;
const KEPT_S = 24 * 3600;
/** What stages read of the environment, as docs/gpu.md lists it. All else is the image's. */
const PASSED = /^(SIMCLR_(?!SESSION$|LEASES$|LAUNCHER$)|TFJS_|TF_)/;

/** Whose the files are that pods make: who submits has to read and replace them. */
export interface Owner {
  uid: number;
  gid: number;
}

/** Lower-case letters, digits and dashes; what makes a batch's name like no other's is at its end. */
export const jobName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-52)
    .replace(/^-+/, '');

/**
 * A batch as a Job of Kubernetes, an index each command. A pod that was evicted, or lost with its node, or that wrote its
 * checkpoint and ended (75), is replaced and goes on; one that ends otherwise has failed for good.
 *
 * @param batch with a container
 * @param env of who submits
 */
export function jobManifest(
  { name, cwd, resources, commands, container }: Batch & Required<Pick<Batch, 'container'>>,
  namespace: string,
  { uid, gid }: Owner,
  env: NodeJS.ProcessEnv,
): V1Job {
  const labels = { 'app.kubernetes.io/name': 'simclr' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(name), labels, annotations: { 'simclr/name': name } },
    spec: {
      completionMode: 'Indexed',
      completions: commands.length,
      parallelism: commands.length,
      backoffLimitPerIndex: RETRIES,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [EXIT_INTERRUPTED] } },
          { action: 'FailIndex', onExitCodes: { operator: 'NotIn', values: [EXIT_INTERRUPTED] } },
        ],
      },
      ttlSecondsAfterFinished: KEPT_S,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: GRACE_S,
          automountServiceAccountToken: false,
          securityContext: { runAsUser: uid, runAsGroup: gid },
          volumes: [{ name: 'checkout', persistentVolumeClaim: { claimName: container.volumeClaim } }],
          containers: [
            {
              name: 'stage',
              image: container.image,
              command: ['/bin/sh', '-c', batchScript(commands, 'JOB_COMPLETION_INDEX')],
              workingDir: cwd,
              env: [...identity(`${namespace}/${jobName(name)}`), ...variables(env, resources)],
              resources: resourcesOf(resources),
              volumeMounts: [{ name: 'checkout', mountPath: cwd }],
            },
          ],
        },
      },
    },
  };
}

/** By which a stage knows which copy of which job it is. */
function identity(job: string): V1EnvVar[] {
  const annotation = (name: string) => ({ fieldRef: { fieldPath: `metadata.annotations['${name}']` } });
  return [
    { name: 'SIMCLR_LAUNCHER', value: 'kubernetes' },
    { name: 'SIMCLR_JOB', value: job },
    { name: 'SIMCLR_FAILURES', valueFrom: annotation(FAILURES) },
    { name: 'SIMCLR_DISRUPTIONS', valueFrom: annotation(DISRUPTIONS) },
  ];
}

/** Node counts its threads by itself; those of stages look at the container's quota. */
function variables(env: NodeJS.ProcessEnv, { cpu }: Resources): V1EnvVar[] {
  const threads = cpu === undefined ? {} : { UV_THREADPOOL_SIZE: String(Math.max(4, cpu)) };
  const passed = Object.entries(env).filter(([name]) => PASSED.test(name));
  // A user without an entry in the image's password file has no home.
  const all = { HOME: '/tmp', ...threads, ...Object.fromEntries(passed) };
  return Object.entries(all).map(([name, value]) => ({ name, value: value! }));
}

function resourcesOf({ cpu, memory, gpu }: Resources) {
  const limits = {
    ...(cpu === undefined ? {} : { cpu: String(cpu) }),
    ...(memory === undefined ? {} : { memory: `${Math.ceil(memory * 1024)}Mi` }),
    ...(gpu ? { 'nvidia.com/gpu': String(gpu) } : {}),
  };
  return { requests: limits, limits };
}
