import { writeFileSync } from 'node:fs';
import type { BatchV1Api, CoreV1Api, V1Job, V1Pod } from '@kubernetes/client-node';
import { UserError } from '@simclr/stage';
import { DISRUPTIONS, FAILURES, INDEX_LABEL, JOB_LABEL, jobManifest, jobName } from './kubernetes-manifest.ts';
import type { ScheduledJob, Scheduler } from './launcher.ts';
import { type Standing, untilEnded } from './poll.ts';
import { restarts, thisCopy } from './this-copy.ts';

const LOG_LINES = 1000;

/** A batch is a Job, each of its commands an index of it: `namespace/job/5`. */
export const kubernetesLauncher: Scheduler = {
  async submit({ container, ranks = 1, ...batch }) {
    if (ranks > 1)
      throw new UserError(`not on kubernetes: RANKS=${ranks}. leave it out, or take LAUNCHER=local or slurm`);
    const { jobs, namespace } = await api();
    const owner = { uid: process.getuid!(), gid: process.getgid!() };
    const body = jobManifest({ ...batch, container: container! }, namespace, owner, process.env);
    await jobs.createNamespacedJob({ namespace, body }).catch(refuse);
    return batch.commands.map((_, index) => jobOf(namespace, body.metadata!.name!, index));
  },

  wait: (job, log, tell, signal) => untilEnded(() => standing(job, log), log, tell, signal),

  async cancel(job, how) {
    const { namespace, name } = partsOf(job);
    const { jobs, pods } = await api().catch(() => ({}) as Partial<Api>);
    // The Job as a whole, since a pod alone would be replaced. Others of its items go on in a new job, from their checkpoints.
    const propagationPolicy = how === 'stop' ? 'Foreground' : 'Background';
    await jobs?.deleteNamespacedJob({ namespace, name, propagationPolicy }).catch(() => {});
    if (how === 'stop') return;
    const labelSelector = `${JOB_LABEL}=${name}`;
    await pods?.deleteCollectionNamespacedPod({ namespace, labelSelector, gracePeriodSeconds: 1 }).catch(() => {});
  },

  async alive(job) {
    // A pod has no way to ask, nor any need: who submitted it saw to it that the jobs before are over.
    if (thisCopy()?.scheduler === 'kubernetes') return false;
    const found = await readJob(job);
    if (!found || found === 'gone') return !found;
    return endOf(found, partsOf(job).index) === undefined;
  },

  async find(name, index) {
    const { namespace } = await api();
    const job = jobOf(namespace, jobName(name), index);
    return (await readJob(job)) === 'gone' ? undefined : job;
  },
};

const jobOf = (namespace: string, name: string, index: number): ScheduledJob => ({
  scheduler: 'kubernetes',
  id: `${namespace}/${name}/${index}`,
});

function partsOf({ id }: ScheduledJob): { namespace: string; name: string; index: number } {
  const [namespace, name, index] = id.split('/') as [string, string, string];
  return { namespace, name, index: Number(index) };
}

async function standing(job: ScheduledJob, log: string): Promise<Standing | undefined> {
  const found = await readJob(job);
  if (found === 'gone') return { ended: { code: undefined } };
  const pods = found && (await podsOf(job));
  if (!pods) return undefined;
  const end = endOf(found, partsOf(job).index);
  const last = pods.at(-1);
  const leaves =
    found.metadata?.deletionTimestamp !== undefined && /^(Failed|Succeeded)$/.test(last?.status?.phase ?? '');
  if (!end && !leaves) return { line: lineOf(job, pods) };
  if (last) await keepLog(job, last, log);
  if (end === 'complete') return { ended: { code: 0 } };
  const { exitCode = -1, reason = last?.status?.reason } =
    last?.status?.containerStatuses?.[0]?.state?.terminated ?? {};
  const code = exitCode > 128 ? -1 : exitCode;
  return { line: `job ${job.id} of kubernetes has ended: ${reason ?? end ?? 'Failed'}`, ended: { code } };
}

/** What became of an index of a Job, or of all of it; undefined where it is not over. */
function endOf({ status = {} }: V1Job, index: number): string | undefined {
  if (includes(status.completedIndexes, index)) return 'complete';
  if (includes(status.failedIndexes, index)) return 'Failed';
  const over = status.conditions?.find(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True');
  return over && (over.reason ?? over.type);
}

/** @param indexes as Kubernetes writes them: 1,3-5,7 */
function includes(indexes: string | undefined, index: number): boolean {
  const ranges = (indexes || undefined)?.split(',').map((range) => range.split('-').map(Number)) ?? [];
  return ranges.some(([first, last = first]) => index >= first! && index <= last!);
}

function lineOf({ id }: ScheduledJob, pods: readonly V1Pod[]): string | undefined {
  const pod = pods.at(-1);
  if (!pod) return undefined;
  const { spec, status } = pod;
  const anew = restartsOf(pod) ? `, started anew ${restartsOf(pod)} times` : '';
  if (status?.phase === 'Running') return `job ${id} of kubernetes runs on ${spec?.nodeName}${anew}`;
  if (status?.phase !== 'Pending') return undefined;
  const waiting = status.containerStatuses?.[0]?.state?.waiting;
  const unscheduled = status.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const { reason, message } = unscheduled ?? waiting ?? {};
  if (!reason || reason === 'ContainerCreating' || reason === 'PodInitializing') return undefined;
  return `job ${id} of kubernetes waits: ${[reason, message].filter(Boolean).join(': ')}`;
}

/** 'gone' where there is none, undefined where the server does not answer. */
async function readJob(job: ScheduledJob): Promise<V1Job | 'gone' | undefined> {
  const { namespace, name } = partsOf(job);
  try {
    return await (await api()).jobs.readNamespacedJob({ namespace, name });
  } catch (error) {
    return (error as { code?: number }).code === 404 ? 'gone' : undefined;
  }
}

/** Of one index, in the order in which they were made; undefined where the server does not answer. */
async function podsOf(job: ScheduledJob): Promise<V1Pod[] | undefined> {
  const { namespace, name, index } = partsOf(job);
  const { pods } = await api();
  const labelSelector = `${JOB_LABEL}=${name},${INDEX_LABEL}=${index}`;
  const found = await pods.listNamespacedPod({ namespace, labelSelector }).catch(() => undefined);
  return found?.items.sort((a, b) => restartsOf(a) - restartsOf(b));
}

const restartsOf = ({ metadata: { annotations } = {} }: V1Pod): number =>
  restarts(annotations?.[FAILURES], annotations?.[DISRUPTIONS]);

async function keepLog(job: ScheduledJob, { metadata }: V1Pod, log: string): Promise<void> {
  const { namespace } = partsOf(job);
  const { pods } = await api();
  const said = await pods
    .readNamespacedPodLog({ namespace, name: metadata!.name!, tailLines: LOG_LINES })
    .catch(() => '');
  if (said) writeFileSync(log, said);
}

interface Api {
  jobs: BatchV1Api;
  pods: CoreV1Api;
  namespace: string;
}

let opened: Promise<Api> | undefined;

/** The cluster of the user's context. The client is loaded when it is needed: it takes a second and 90 MB. */
function api(): Promise<Api> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Api> {
  const { KubeConfig, BatchV1Api, CoreV1Api } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new UserError(`kubernetes: ${(error as Error).message.split('\n')[0]}. check KUBECONFIG`);
  }
  // What the client takes where nobody names one.
  if (config.getCurrentCluster()?.server === 'http://localhost:8080')
    throw new UserError(
      'kubernetes: no cluster: name one by KUBECONFIG or ~/.kube/config. LAUNCHER=local runs on this machine',
    );
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace || 'default';
  return { jobs: config.makeApiClient(BatchV1Api), pods: config.makeApiClient(CoreV1Api), namespace };
}

/** @throws UserError one line, with what the server says, or why it is not reached */
function refuse(error: Error & { body?: unknown }): never {
  const { body, cause } = error;
  const status = typeof body === 'string' && body.startsWith('{') ? (JSON.parse(body) as { message?: string }) : body;
  const { message } = (status ?? cause ?? error) as { message?: string };
  throw new UserError(`kubernetes: ${message?.split('\n')[0] || error.message.split('\n')[0]}`);
}
